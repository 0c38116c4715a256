"""The pages of the journal: a look before it is written, the accounts, the file as it was written."""

from __future__ import annotations

from datetime import date

import pytest

from app.db.unit_of_work import unit_of_work
from app.payments.services_accounts import add_account
from tests.factories import ACTOR, NOW, make_company, make_customer, make_issued_invoice, make_payment, sign_in


def test_accounts_are_named_then_the_journal_is_exported_and_downloaded(app, client, today):
    with app.app_context():
        make_company()
        customer = make_customer()
        make_issued_invoice(customer, issued_on=date(2026, 11, 2))
        make_payment(customer, 119_000, received_on=date(2026, 11, 20))
    sign_in(client, "finance")
    page = client.get("/payments/journal?since=2026-11-01").get_data(as_text=True)
    assert "3 vouchers" in page
    assert "Sums of these days" in page
    labels = client.get("/payments/journal/accounts").get_data(as_text=True)
    assert "Account: Write-offs: bank fee" in labels
    assert "Account: Revenue S 19" in labels
    refused = client.post("/payments/journal", data={"range": "new", "layout": "plain"})
    assert refused.status_code == 422
    assert "revenue S 19" in refused.get_data(as_text=True)
    names = ("receivable", "unapplied", "bank", "revenue", "tax")
    accounts = {f"account-{name}-": str(1200 + place) for place, name in enumerate(names)}
    assert client.post("/payments/journal/accounts", data=accounts | {"account-bank-": "a b"}).status_code == 422
    assert client.post("/payments/journal/accounts", data=accounts).status_code == 302
    assert client.post("/payments/journal", data={"range": "new", "layout": "x"}).status_code == 422
    assert client.post("/payments/journal", data={"range": "days", "layout": "plain"}).status_code == 422
    assert client.post("/payments/journal", data={"range": "new", "layout": "extf"}).status_code == 302
    days = {"range": "days", "layout": "plain", "since": "2026-11-01", "until": "2026-11-30"}
    assert client.post("/payments/journal", data=days).status_code == 302
    assert client.get("/payments/journal/1.csv").data.startswith(b"EXTF;700")
    assert b"INV-2026-00001" in client.get("/payments/journal/2.csv").data
    assert client.get("/payments/journal/9.csv").status_code == 404
    sign_in(client, "manager")
    assert client.get("/payments/journal").status_code == 200
    assert client.post("/payments/journal", data=days).status_code == 403
    assert client.get("/payments/journal/accounts").status_code == 403


@pytest.mark.parametrize(
    ("address", "field", "said"),
    [
        ("since=2026-02-30", "since", "From must be a date like 2026-11-22."),
        ("until=soon", "until", "To must be a date like 2026-11-22."),
        ("since=2026-11-09&until=2026-11-08", "since", "The first day must not be after the last one."),
    ],
)
def test_days_that_cannot_be_are_said_beside_their_field(app, client, today, address, field, said):
    with app.app_context():
        make_company()
    sign_in(client, "finance")
    answer = client.get(f"/payments/journal?{address}")
    assert answer.status_code == 422
    assert said in answer.text.split(f'id="{field}-error"')[1][:400]
    assert 'name="layout"' in answer.text


def test_a_rate_that_lacks_is_said_before_the_export(app, client, today):
    with app.app_context():
        make_company()
        make_payment(make_customer(), 119_000, currency="USD", received_on=date(2026, 11, 20))
    sign_in(client, "finance")
    assert "1 voucher lacks an exchange rate" in client.get("/payments/journal").text


def test_a_bank_account_can_be_given_a_ledger_account_of_its_own(app, client):
    with app.app_context():
        make_company()
        with unit_of_work():
            add_account("DE12500105170648489890", "Dollars", "USD", actor=ACTOR, now=NOW)
    sign_in(client, "finance")
    page = client.get("/payments/journal/accounts").text
    assert page.index('Account: Bank"') < page.index("Account: Bank: Dollars, DE12500105170648489890")
    client.post(
        "/payments/journal/accounts", data={"account-bank-": "1200", "account-bank-DE12500105170648489890": "1210"}
    )
    page = client.get("/payments/journal/accounts").text
    assert all(f'value="{account}"' in page for account in ("1200", "1210"))
