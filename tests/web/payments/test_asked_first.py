"""Pages of money that ask before something happens twice, and that say afterwards why it did."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.ledger.services_periods import close_period
from app.outbox.models import Message
from app.payments import queries, services_deductions, services_refunds
from app.payments.models_settling import Refund
from app.payments.rules_settling import DeductionCode, RefundState
from tests.factories import ACTOR, NOW, make_company, make_customer, make_issued_invoice, make_payment, sign_in

ISSUED = date(2026, 11, 2)
REFUND = {"beneficiary": "Nordwind", "iban": "DE75512108001245126199", "reason": "paid twice", "actor": ACTOR}


@pytest.fixture
def books(app, client, today):
    """A payment of 1,166.20 in time for the early discount, and one of 50.00 on account."""
    with app.app_context():
        make_company(iban="DE89370400440532013000", write_off_amount="5.00")
        customer, _ = (
            make_customer("Nordwind GmbH", billing_email="ap@nordwind.example"),
            make_customer("Suedwind GmbH"),
        )
        make_issued_invoice(customer, issued_on=ISSUED, payment_terms="2% 10, net 30")
        make_payment(customer, 1166_20, received_on=ISSUED + timedelta(days=9))
        make_payment(customer, 50_00, received_on=date(2026, 11, 10), allocations=None)
    sign_in(client, "admin")


def read(client, url):
    return client.get(url, follow_redirects=True).get_data(as_text=True)


def test_a_refund_is_paid_on_a_day_on_which_it_could_be_or_the_field_says_why_not(app, client, books):
    with app.app_context(), unit_of_work():
        made = services_refunds.propose_refund(2, 20_00, now=NOW - timedelta(days=25), **REFUND)
        services_refunds.approve_refund(made.id, actor="user:77", now=NOW - timedelta(days=25))
        services_refunds.export_refunds(actor=ACTOR, now=NOW - timedelta(days=24))
        close_period(date(2026, 10, 31), "month", today=date(2026, 11, 22), actor=ACTOR, now=NOW)
    assert "Has the bank booked" in read(client, "/payments/refunds/1/paid")
    for day, said in (
        ("2020-03-01", "written on 29 Oct 2026"), ("2026-10-30", "closed up to"), ("2026-11-23", "after today"),
        ("", "Write the day"),
    ):  # fmt: skip
        answer = client.post("/payments/refunds/1/paid", data={"paid_on": day})
        assert answer.status_code == 422
        assert said in answer.get_data(as_text=True).partition('id="paid_on-error"')[2]
    client.post("/payments/refunds/1/paid", data={"paid_on": "2026-11-02"})
    client.post("/payments/refunds/1/return", data={"reason": "account closed"})
    with app.app_context():
        assert session().get_one(Refund, 1).state is RefundState.RETURNED
    page = read(client, "/payments/refunds")
    assert "Asked: paid twice" in page
    assert "Came back: account closed" in page


def test_a_payment_like_another_is_recorded_only_when_a_person_says_so(client, books):
    facts = {"customer": "Nordwind GmbH", "currency": "EUR", "amount": "50.00", "received_on": "2026-11-10"}
    facts["placing"] = "none"
    asked = client.post("/payments/new", data=facts)
    assert asked.status_code == 422
    assert "PAY-2026-00002 of the same customer, day and amount exists" in asked.get_data(as_text=True)
    ticked = facts | {"in_spite_of": "PAY-2026-00002"}
    assert client.post("/payments/new", data=ticked).status_code == 302
    again = client.post("/payments/new", data=ticked).get_data(as_text=True)  # by the back button
    assert "PAY-2026-00002 and PAY-2026-00003" in again
    for other in ({"amount": "50.01"}, {"received_on": "2026-11-09"}, {"customer": "Suedwind GmbH"}):
        assert client.post("/payments/new", data=facts | other).status_code == 302


def test_a_transfer_names_all_that_is_wrong_and_asks_before_it_takes_what_a_refund_waits_for(app, client, books):
    wrong = client.post("/payments/2/transfer", data={"customer": "nobody", "amount": "60.00"}).get_data(as_text=True)
    for said in ("No customer has this number", "only 50.00\xa0EUR is left", "Say why"):
        assert said in wrong
    with app.app_context(), unit_of_work():
        services_refunds.propose_refund(2, 30_00, now=NOW, **REFUND)
    facts = {"customer": "Suedwind GmbH", "amount": "40.00", "reason": "same group"}
    asked = client.post("/payments/2/transfer", data=facts)
    assert asked.status_code == 422
    assert "30.00\xa0EUR of this wait for a refund" in asked.get_data(as_text=True)
    assert client.post("/payments/2/transfer", data=facts | {"amount": "20.00"}).status_code == 302
    assert "waits for a refund already" in read(client, "/payments/2/refund")
    ticked = facts | {"amount": "30.00", "confirm": "1"}
    assert client.post("/payments/2/transfer", data=ticked).status_code == 302
    with app.app_context():
        assert queries.amount_left(2) == 0
    for act in ("refund", "transfer"):
        assert "Nothing of this payment is left" in read(client, f"/payments/2/{act}")


def test_a_statement_of_account_goes_out_once_a_day_unless_asked_again(app, client, books):
    span = {"since": "2026-11-01", "until": "2026-11-22"}
    for data, mails in ((span, 1), (span, 1), (span | {"after": "1"}, 2), (span | {"after": "1"}, 2)):
        page = client.post("/overdue/customers/1/account/send", data=data, follow_redirects=True)
        with app.app_context():
            assert session().query(Message).filter_by(kind="account_statement").count() == mails
    assert "sent today already" in page.get_data(as_text=True)
    assert "Send once more" in page.get_data(as_text=True)
    assert "22 Nov 2026, 10:00" in read(client, "/customers/1").partition("Statements sent")[2]


def test_an_invoice_says_what_settled_it_beside_money(app, client, books):
    page = read(client, "/invoices/1").partition("Settled without money")[2]
    for said in ("Early discount", "PAY-2026-00001 came in time", "23.80", "3.80"):
        assert said in page
    with app.app_context(), unit_of_work():
        allocation_id = queries.list_allocations(1)[0].id
    client.post(f"/payments/allocations/{allocation_id}/undo", data={"reason": "wrong invoice"})
    with app.app_context(), unit_of_work():
        code = DeductionCode.DISCOUNT_LATE
        made = services_deductions.propose_deduction(1, 1, 23_80, code=code, reason="two days", actor=ACTOR, now=NOW)
        services_deductions.approve_deduction(made.id, actor="user:77", now=NOW)
    page = read(client, "/invoices/1").partition("Settled without money")[2]
    for said in ("taken back 22 Nov 2026", "Let go: discount taken late", "Discount taken late: two days; of it tax"):
        assert said in page
