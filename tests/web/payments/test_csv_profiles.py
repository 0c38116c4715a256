"""The pages of CSV profiles: from a file nobody could read to one in the books."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.payments import services_accounts
from app.payments.models_csv import SavedProfile
from tests.bank_files import DAY, IBAN
from tests.bank_writers import Line, write
from tests.factories import ACTOR, NOW, make_company, send_csrf_token, sign_in

NEW = "/settings/bank-accounts/csv/new"
LINES = [Line(DAY, 10_000, "INV-1", "Möbel Müller"), Line(DAY, -1_250, "Fee", "Bank")]
FILE = write("csv", LINES)
SAID = {
    "name": "Our bank", "date_format": "DD/MM/YYYY", "decimal_mark": ".", "delimiter": ",", "skip_rows": "0",
    "booked_on": "Date", "amount": "How much", "party_name": "Who", "remittance": "What for", "own_account": IBAN,
    "own_currency": "eur",
}  # fmt: skip


@pytest.fixture
def desk(app, client):
    with app.app_context():
        make_company()
    sign_in(client, "admin")
    send_csrf_token(client)
    return client


def hidden(page, name):
    return re.search(rf'name="{name}"[^>]* value="([^"]*)"', page.text)[1]


def upload(content):
    return {"file": (BytesIO(content), "sample.csv"), "action": "read"}


def test_a_file_nobody_could_read_gets_its_profile_and_comes_in(desk):
    handed_in = desk.post("/payments/files", data={"files": (BytesIO(FILE), "november.csv")})
    assert "Say what its columns mean under Payments, Bank files, CSV columns" in handed_in.text
    shown = desk.get("/payments/files/1").text
    assert "/settings/bank-accounts/csv/new?file=1" in shown
    desk.post("/payments/files/1/again")
    begun = desk.get(f"{NEW}?file=1")
    said = SAID | {"sample": hidden(begun, "sample"), "held": hidden(begun, "held")}
    tried = desk.post(NEW, data=said | {"action": "preview"})
    assert (tried.status_code, "Möbel Müller" in tried.text, "100.00" in tried.text) == (200, True, True)
    saved = desk.post(NEW, data=said | {"action": "save"})
    assert saved.headers["Location"] == "/payments/files/1"
    assert "2 new entries" in desk.post("/payments/files/1/again", follow_redirects=True).text
    other = desk.post("/payments/files", data={"files": (BytesIO(write("csv", LINES[:1])), "later.csv")})
    assert "Imported" in other.text


WRONG = {
    "a day": ({"date_format": "MM/DD/YYYY"}, "Row 2: Column “Date”"),
    "a number": ({"amount": "Who"}, "Row 2: Column “Who”: “Möbel Müller” is not an amount."),
    "a column that is not there": ({"delimiter": ";"}, "needs a column “Date”"),
    "no account": ({"own_account": ""}, "not both and not neither"),
    "no currency": ({"own_currency": ""}, "write the currency all amounts are in"),
    "another encoding": ({"encoding": "klingon"}, "Choose one of the list"),
    "no name": ({"name": ""}, "Name this profile"),
    "junk": ({"sample": "%%%"}, "Choose a sample first"),
    "rows": ({"skip_rows": "many"}, "Rows above the header"),
}


def test_an_account_above_the_table_is_whose_it_is(desk):
    with desk.application.app_context(), unit_of_work():
        services_accounts.add_account("NL91ABNA0417164300", "Other", "EUR", actor=ACTOR, now=NOW)
    rows = "Buchungstag;Betrag;Währung\n20.11.2026;1,50;EUR\n"
    named = f"Kontonummer:;DE89 3704 0044 0532 0130 00\n\n{rows}".encode()
    unnamed = f"Kontoauszug\n\n{rows}".encode()
    assert f'<option selected value="{IBAN}">' in desk.post(NEW, data=upload(named)).text
    shown = desk.post(NEW, data=upload(unnamed)).text
    assert '<option selected value="">Choose…</option>' in shown.split("All rows are of")[1]
    for content, wanted in ((named, "Imported"), (unnamed, "does not say which account it is of")):
        assert wanted in desk.post("/payments/files", data={"files": (BytesIO(content), "november.csv")}).text
    broken = named + "30.02.2026;1,00;EUR\n20.11.2026;zwölf;EUR\n".encode() + b"31.02.2026;1,00;EUR\n" * 30
    desk.post("/payments/files", data={"files": (BytesIO(broken), "broken.csv")})
    shown = desk.get("/payments/files/3").text
    for text in ("Line 5: Column “Buchungstag”: “30.02.2026”", "Line 6: Column “Betrag”: “zwölf”", "Line 24: "):
        assert text in shown
    assert "Line 25: " not in shown


def test_a_file_of_another_account_than_its_profiles_is_never_booked_to_that(desk):
    rows = "Buchungstag;Betrag;Währung\n20.11.2026;1,50;EUR\n"
    content = f"Kontonummer:;{{}}\n\n{rows}"
    sample = {"sample": hidden(desk.post(NEW, data=upload(content.format(IBAN).encode())), "sample")}
    said = {"booked_on": "Buchungstag", "amount": "Betrag", "date_format": "DD.MM.YYYY", "decimal_mark": ",",
            "delimiter": ";", "skip_rows": "2", "party_name": "", "remittance": ""}  # fmt: skip
    assert desk.post(NEW, data=SAID | said | sample | {"action": "save"}).status_code == 302
    stranger = BytesIO(content.format("DE02 5001 0517 0137 0750 30").encode())
    shown = desk.post("/payments/files", data={"files": (stranger, "november.csv")}).text
    assert "Account DE02500105170137075030 is none of ours." in shown
    assert "Quarantined" in shown
    named = BytesIO(content.format("").encode())
    shown = desk.post("/payments/files", data={"files": (named, "x DE02500105170137075030.csv")}).text
    assert "add a profile for it under Payments, Bank files" in shown
    assert "Rejected" in shown


def test_only_what_reads_the_sample_is_saved_and_each_refusal_says_why(desk):
    begun = desk.post(NEW, data=upload(FILE))
    said = SAID | {"sample": hidden(begun, "sample"), "action": "save"}
    for what, (change, reason) in WRONG.items():
        answer = desk.post(NEW, data=said | change)
        assert (answer.status_code, reason in unescape(answer.text)) == (422, True), what
    assert desk.post(NEW, data=upload(b"hello, this is no table")).status_code == 422
    assert desk.post(NEW, data=said).status_code == 302
    assert "Our bank reads this header for this account already" in desk.post(NEW, data=said).text


def test_a_profile_is_changed_on_a_sample_and_retired(desk):
    begun = desk.post(NEW, data=upload(FILE))
    sample = hidden(begun, "sample")
    desk.post(NEW, data=SAID | {"sample": sample, "action": "save"})
    page = "/settings/bank-accounts/csv/1"
    assert "What for" in desk.get(page).text
    changed = SAID | {"version": "1", "name": "Other", "action": "save"}
    assert desk.post(page, data=changed).status_code == 422
    assert desk.post(page, data=changed | {"sample": sample}).status_code == 302
    assert desk.post(page, data=changed | {"sample": sample, "name": "Third"}).status_code == 409
    assert "Other" in desk.get("/settings/bank-accounts/csv").text
    assert desk.post(f"{page}/retire", data={"version": "1"}).status_code == 409
    assert desk.post(f"{page}/retire", data={"version": "2"}).status_code == 302
    assert desk.get(page).status_code == 404
    with desk.application.app_context():
        assert session().get(SavedProfile, 1).active is False
        told = session().scalars(select(AuditEntry.action).where(AuditEntry.object_kind == "csv_profile")).all()
        assert list(told) == ["csv_profile.added", "csv_profile.changed", "csv_profile.retired"]
    assert "Rejected" in desk.post("/payments/files", data={"files": (BytesIO(FILE), "a.csv")}).text


def test_only_who_may_change_settings_says_what_columns_mean(app, client):
    with app.app_context():
        make_company()
    sign_in(client, "clerk")
    send_csrf_token(client)
    for address in (NEW, "/settings/bank-accounts/csv", "/settings/bank-accounts/csv/1"):
        assert client.get(address).status_code == 403, address


GERMAN = "Buchungstag;Auftraggeber;IBAN;Verwendungszweck;Betrag\n23.11.2026;Atelier;FR76;INV 1;7.168,00\n"


def test_finance_sees_the_rows_at_once_and_saves_how_they_are_read(app, client):
    """The only account of ours, its currency and who paid are filled in."""
    with app.app_context():
        make_company()
    sign_in(client, "finance")
    send_csrf_token(client)
    assert "/settings/bank-accounts/csv" in client.get("/payments/files").text
    assert client.get("/settings/bank-accounts/csv").status_code == 200
    begun = client.post(NEW, data=upload(GERMAN.encode()))
    chosen = ("Auftraggeber", IBAN)
    for text in (*(f'<option selected value="{one}">' for one in chosen), 'value="EUR"', "7,168.00"):
        assert text in begun.text, text
    said = SAID | {
        "date_format": "DD.MM.YYYY", "decimal_mark": ",", "delimiter": ";", "booked_on": "Buchungstag",
        "amount": "Betrag", "party_name": "Auftraggeber", "remittance": "Verwendungszweck",
        "sample": hidden(begun, "sample"),
    }  # fmt: skip
    assert client.post(NEW, data=said | {"action": "save"}).status_code == 302
    sign_in(client, "clerk")
    assert client.get(NEW).status_code == 403
