"""The pages of a statement of account: on screen, on paper over several pages, as typed cells, and sent."""

from __future__ import annotations

import io
import re
from datetime import date

import pypdfium2
import pytest
import python_calamine

from app.customers.queries import get_customer
from app.followup.account_files import draw_account_pdf, draw_account_xlsx
from app.followup.queries_account import read_statement
from app.followup.rules_account import TooManyLines
from app.followup.services_account import build_content
from app.followup.texts_account import LANGUAGES
from tests.factories import make_company, make_customer, make_open_invoice, make_payment, sign_in

SPAN = "since=2026-09-01&until=2026-11-22"


@pytest.fixture
def customer_id(app, client, today):
    with app.app_context():
        make_company()
        customer = make_customer("=Nordwind GmbH", billing_email="ap@nordwind.example", credit_limit=100_000)
        make_open_invoice(customer, 50_000, number="=1+1", issued_on=date(2026, 9, 1))
        make_payment(customer, 20_000)
        found = customer.id
    sign_in(client, "finance")
    return found


def test_the_statement_and_the_card_are_shown_and_sent(client, customer_id):
    page = client.get(f"/overdue/customers/{customer_id}/account?{SPAN}").get_data(as_text=True)
    for text in ("Opening balance", "500.00", "-200.00", "300.00", "52"):
        assert text in page
    early = client.get(f"/overdue/customers/{customer_id}/account?{SPAN}&known=2026-01-01").get_data(as_text=True)
    assert "Nothing in this time" in early
    card = client.get(f"/customers/{customer_id}").get_data(as_text=True)
    for text in (
        "Credit limit used",
        "Last payment",
        "4 d late",
        "over 1 payment in a year",
        f"/overdue/customers/{customer_id}/account",
    ):
        assert text in card
    assert re.search(r"<dt[^>]*>Balance</dt>\s*<dd[^>]*>[^/]*300.00.*?open less unapplied cash", card, re.DOTALL)
    sent = client.post(
        f"/overdue/customers/{customer_id}/account/send", data={"since": "2026-09-01", "until": "2026-11-22"}
    )
    assert "is on its way" in client.get(sent.headers["Location"]).get_data(as_text=True)
    assert "Statements sent" in client.get(f"/customers/{customer_id}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("since=2026-12-01", "The first day must not be after the last one"),
        ("since=x", "From must be a date"),
        ("known=2026-02-30", "As known on must be a date"),
        ("known=2027-01-01", "As known on 1 Jan 2027 is still to come"),
        ("until=2036-01-01", "To 1 Jan 2036 is still to come"),
    ],
)
def test_days_that_make_no_sense_are_refused_plainly(client, customer_id, query, says):
    address = f"/overdue/customers/{customer_id}/account"
    page = client.get(f"{address}?{query}")
    assert (page.status_code, says in page.get_data(as_text=True)) == (422, True)
    for ending in ("pdf", "xlsx"):
        led = client.get(f"{address}.{ending}?{query}&customer_id=7", follow_redirects=True)
        assert (led.request.path, led.status_code, says in led.get_data(as_text=True)) == (address, 422, True)
    told = dict(one.split("=") for one in query.split("&"))
    assert "on its way" not in client.post(f"{address}/send", data=told, follow_redirects=True).get_data(as_text=True)


def test_paper_repeats_its_heads_and_carries_its_sum_in_every_language(app, customer_id):
    with app.test_request_context():
        statement = read_statement(customer_id, date(2026, 9, 1), date(2026, 11, 22))
        content = build_content(get_customer(customer_id), statement)
        lines = content["accounts"][0]["lines"]
        for language, texts in LANGUAGES.items():
            count = 55 if language == "en" else 1
            accounts = [content["accounts"][0] | {"lines": lines * count}]
            drawn = pypdfium2.PdfDocument(draw_account_pdf(content | {"language": language, "accounts": accounts}))
            text = [page.get_textpage().get_text_range() for page in drawn]
            assert texts.title in text[0]
            assert texts.closing in "".join(text)
            assert texts.by_age.partition(" $")[0] in "".join(text)
            assert texts.open_total in "".join(text)
            if language == "en":
                assert len(text) > 2
                assert all("Balance EUR" in page for page in text[:-1])
                assert all("Carried" in page for page in text[:2])
        with pytest.raises(TooManyLines):
            draw_account_pdf(content | {"accounts": [content["accounts"][0] | {"lines": lines * 400}]})


def test_cells_are_typed_and_no_text_calculates(app, customer_id):
    with app.test_request_context():
        statement = read_statement(customer_id, date(2026, 9, 1), date(2026, 11, 22))
        drawn = draw_account_xlsx(build_content(get_customer(customer_id), statement))
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(drawn)).get_sheet_by_name("EUR").to_python()
    assert rows[3] == [date(2026, 9, 1), "Invoice =1+1", 500.0, 500.0]
    assert rows[8][1] == "=1+1"
