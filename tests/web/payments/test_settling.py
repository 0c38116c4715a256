"""The pages of settlements: what a person asks for waits for another, and bad input is said at its field."""

from __future__ import annotations

from datetime import date

import pytest

from app.company.queries import get_company
from app.db.base import db
from app.db.unit_of_work import unit_of_work
from app.payments import queries
from app.payments.models_matching import LearnedAccount
from tests.factories import make_company, make_customer, make_issued_invoice, make_payment, sign_in

IBAN = "DE75512108001245126199"


@pytest.fixture
def books(app, client, today):
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
    assert client.post("/payments/refunds/1/paid", data={"paid_on": "2026-11-22"}).status_code == 302
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


def test_a_returned_debit_keeps_the_fee_until_an_invoice_asks_for_it(client, books):
    data = {"reason": "returned", "charge": "4.50", "is_passed_on": "1"}
    assert client.post("/payments/1/reverse", data={**data, "charge": "four"}).status_code == 422
    assert client.post("/payments/1/reverse", data=data).status_code == 302
    for page in ("/payments/1", "/payments/charges?to_invoice=1"):
        assert "Draft the invoice" in client.get(page).get_data(as_text=True)
    assert "1 bank fee that a customer bears is on no invoice" in client.get("/invoices/to-invoice").get_data(
        as_text=True
    )
    draft = client.post("/payments/charges/1/draft").headers["Location"]
    assert "PAY-2026-00001" in client.get(draft).get_data(as_text=True)
    assert client.post("/payments/charges/1/draft").status_code == 409
    assert "Draft 2" in client.get("/payments/charges").get_data(as_text=True)
    lines = client.get("/payments/charges?export=1").get_data(as_text=True).splitlines()
    assert lines[0].endswith("charged_on,payment,customer_number,customer,currency,amount,reason,passed_on")
    assert ",PAY-2026-00001,C-00001," in lines[1]
    assert ",EUR,4.50,returned,True" in lines[1]
    assert len(lines) == 2


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


def read(client, url):
    return client.get(url, follow_redirects=True).get_data(as_text=True)


def test_a_proposed_refund_shows_on_its_payment_and_a_dead_one_can_only_be_refused(app, client, books):
    ask_refund(client, amount="30.00")
    assert "30.00\xa0EUR of it wait for a refund" in read(client, "/payments/2")
    assert 'value="20.00"' in read(client, "/payments/2/transfer")
    assert client.post("/payments/2/place", data={"share-1-1": "40.00"}).status_code == 302
    page = read(client, "/payments/approvals")
    assert "of PAY-2026-00002 are left. Refuse this refund" in page
    assert "Approve…" not in page
    assert "/payments/refunds/1/refuse" in page  # by who asked, too
    client.post("/payments/refunds/1/refuse", data={"reason": "placed meanwhile"})
    assert "Nothing waits" in read(client, "/payments/approvals")


def test_the_account_that_paid_is_offered_and_another_is_marked(app, client, books):
    with app.app_context(), unit_of_work():
        db.session.add(LearnedAccount(account=IBAN, customer_id=1, confirmed=2, last_used_on=date(2026, 11, 1)))
    assert 'value="DE75 5121 0800 1245 1261 99"' in read(client, "/payments/2/refund")
    ask_refund(client, beneficiary="Nordwind GmbH", amount="20.00")
    assert "refund-mark" not in read(client, "/payments/approvals")
    ask_refund(client, beneficiary="Max Muster", iban="DE89370400440532013000")
    client.post("/logout")
    sign_in(client, "manager")
    page = read(client, "/payments/approvals")
    assert page.count("The payee is not the customer, Nordwind GmbH.") == 2  # in the list and in the confirmation
    assert page.count("No payment of this customer came from this account.") == 2
    assert "DE75 5121 0800 1245 1261 99" in page


def test_taking_a_deduction_back_asks_why_and_leads_back_to_the_payment(app, client, books):
    with app.app_context(), unit_of_work():
        get_company().write_off_amount, get_company().write_off_percent = "5.00", "1"
    ask_deduction(client, amount="4.75")
    page = read(client, "/payments/1")
    dialog = page[page.index('<dialog class="dialog" id="deduction-1"') :].split("</dialog>")[0]
    assert 'Reason<span class="required" aria-hidden="true">*</span>' in dialog
    assert '<input type="hidden" name="next" value="/payments/1">' in dialog
    undo = "/payments/deductions/1/undo"
    for reason in ("", "paid after all"):
        back = client.post(undo, data={"reason": reason, "next": "/payments/1"})
        assert back.headers["Location"] == "/payments/1"
    assert "It is owed again." in read(client, "/payments/1")
    ask_deduction(client, amount="4.75")
    astray = client.post("/payments/deductions/2/undo", data={"reason": "x", "next": "//elsewhere.example"})
    assert astray.headers["Location"] == "/payments/deductions"


def test_pages_say_reasons_and_states_in_words_and_what_a_rest_is_of(app, client, books):
    page = read(client, "/payments/1/deduct")
    assert "of INV-2026-00001 is open" in page
    assert "Nothing goes at once until an amount is set under Settings" in page
    ask_deduction(client, code="discount_late")
    assert "Discount taken late" in read(client, "/payments/1")
    client.post("/payments/2/transfer", data={"customer": books["other"], "amount": "50.00", "reason": "group"})
    assert "Moved on" in read(client, "/payments/2")
    assert "this payment stands on no instalment" in read(client, "/payments/2/deduct").lower()
    wrong = ask_refund(client, iban="DE00", amount="60.00").get_data(as_text=True)
    assert "not valid" in wrong
    assert "is left" in wrong


def test_an_account_tells_transfers_apart_and_knows_what_a_payment_is(app, client, books):
    for _ in range(2):
        client.post("/payments/2/transfer", data={"customer": books["other"], "amount": "20.00", "reason": "group"})
    days = "?since=2026-11-01&until=2026-11-22"
    assert "Transfer PAY-2026-00002 / PAY-2026-00003" in read(client, f"/overdue/customers/1/account{days}")
    assert "Transfer PAY-2026-00002 / PAY-2026-00004" in read(client, f"/overdue/customers/2/account{days}")
    assert "none yet" in read(client, "/customers/2")
    assert read(client, "/customers/1").count("Not due") == 1
    refused = client.get("/overdue/customers/1/account?since=2026-02-30")
    assert refused.status_code == 422
    assert 'id="since-error"' in refused.get_data(as_text=True)
    page = client.get("/overdue/customers/1/account?since=2026-11-20&until=2026-11-01").get_data(as_text=True)
    assert "20 Nov 2026 to" not in page
