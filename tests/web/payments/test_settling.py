"""The pages of settlements: what a person asks for waits for another, and bad input is said at its field."""

from __future__ import annotations

from datetime import date

import pytest

from app.payments import queries
from tests.factories import make_company, make_customer, make_issued_invoice, make_payment, sign_in

IBAN = "DE75512108001245126199"


@pytest.fixture
def books(app, client):
    """A payment of 1,000.00 on an invoice of 1,190.00, and one of 50.00 on account."""
    with app.app_context():
        make_company(iban="DE89370400440532013000")
        customer, other = make_customer("Nordwind GmbH"), make_customer("Suedwind GmbH")
        make_issued_invoice(customer, issued_on=date(2026, 11, 2))
        make_payment(customer, 1000_00, received_on=date(2026, 11, 10))
        make_payment(customer, 50_00, received_on=date(2026, 11, 10), allocations=None)
        facts = {"other": other.number}
    sign_in(client, "finance")
    return facts


def ask_refund(client, **changes):
    facts = {"amount": "20.00", "beneficiary": "Nordwind", "iban": IBAN, "reason": "paid twice"} | changes
    return client.post("/payments/2/refund", data=facts)


def ask_deduction(client, **changes):
    facts = {"instalment": "1-1", "amount": "190.00", "code": "bank_fee", "reason": ""} | changes
    return client.post("/payments/1/deduct", data=facts)


def left(app, payment_id=2):
    with app.app_context():
        return queries.amount_left(payment_id)


def test_what_one_person_asks_for_another_approves_and_the_bank_gets_a_file(app, client, books):
    for page in ("/payments/2/refund", "/payments/1/deduct", "/payments/2/transfer"):
        assert client.get(page).status_code == 200
    assert ask_refund(client).status_code == 302
    assert ask_deduction(client).status_code == 302
    waiting = client.get("/payments/approvals").get_data(as_text=True)
    assert waiting.count("another person decides") == 2
    client.post("/payments/refunds/1/approve")
    assert left(app) == 50_00
    client.post("/logout")
    sign_in(client, "manager")
    assert "Approve" in client.get("/payments/approvals").get_data(as_text=True)
    assert client.post("/payments/refunds/1/approve").status_code == 302
    assert client.post("/payments/deductions/1/approve").status_code == 302
    assert left(app) == 30_00
    client.post("/logout")
    sign_in(client, "admin")
    assert client.post("/payments/refunds/export").status_code == 302
    assert IBAN in client.get("/payments/refunds/files/1").get_data(as_text=True)
    client.post("/payments/refunds/1/paid", data={"paid_on": "2026-11-22"})
    assert "Paid" in client.get("/payments/refunds").get_data(as_text=True)
    client.post("/payments/refunds/1/return", data={"reason": "account closed"})
    client.post("/payments/deductions/1/undo", data={"reason": "paid after all"})
    assert left(app) == 50_00
    assert "Taken back" in client.get("/payments/deductions").get_data(as_text=True)
    page = client.get("/payments/2").get_data(as_text=True)
    assert "came back" in page


def test_money_moves_to_another_customer_and_back(app, client, books):
    data = {"customer": books["other"], "amount": "30.00", "reason": "same group"}
    assert client.post("/payments/2/transfer", data=data).status_code == 302
    assert (left(app), left(app, 3)) == (20_00, 30_00)
    assert "PAY-2026-00003" in client.get("/payments/2").get_data(as_text=True)
    client.post("/payments/transfers/1/undo", data={"reason": ""})
    assert left(app) == 20_00
    client.post("/payments/transfers/1/undo", data={"reason": "mistaken"})
    assert (left(app), left(app, 3)) == (50_00, 0)


def test_a_returned_debit_keeps_the_fee(client, books):
    data = {"reason": "returned", "charge": "4.50", "is_passed_on": "1"}
    assert client.post("/payments/1/reverse", data={**data, "charge": "four"}).status_code == 422
    assert client.post("/payments/1/reverse", data=data).status_code == 302
    assert "the customer bears it" in client.get("/payments/1").get_data(as_text=True)


@pytest.mark.parametrize(
    ("ask", "changes", "said"),
    [
        (ask_refund, {"iban": "DE00"}, "not valid"), (ask_refund, {"iban": ""}, "Write the IBAN"),
        (ask_refund, {"amount": "50.01"}, "only 50.00\xa0EUR is left"), (ask_refund, {"amount": "0"}, "above 0"),
        (ask_refund, {"reason": ""}, "Say why"), (ask_refund, {"bic": "X"}, "8 or 11"),
        (ask_deduction, {"amount": "190.01"}, "only 190.00\xa0EUR is open"),
        (ask_deduction, {"code": "gift"}, "Choose one"),
        (ask_deduction, {"code": "dispute"}, "reason"), (ask_deduction, {"instalment": "9-9"}, "Choose one"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_and_nothing_changes(app, client, books, ask, changes, said):
    answer = ask(client, **changes)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert "Nothing waits" in client.get("/payments/approvals").get_data(as_text=True)
