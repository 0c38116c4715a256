"""Lines of the bank that take each other back, and suggestions that another decision overtakes, on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.ledger import queries as ledger
from app.payments import queries, queries_cash, services_cash, services_returned
from app.payments.bank_files import match_same_payer
from app.payments.models_bank import LineState
from app.payments.models_settling import Refund
from app.payments.rules_cash import AsideCode, LineKind
from app.payments.rules_matching import SURE
from app.payments.services import RefundedMeanwhile
from app.payments.services_refunds import approve_refund, export_refunds, propose_refund, record_return
from tests.bank_files import DAY
from tests.factories import ACTOR, NOW, make_company, make_customer, make_open_invoice, make_payment
from tests.service.payments.test_cash import accept, act, by_account, expect_books_in_order, line, take

BACK = {"on": DAY + timedelta(days=2), "is_reversal": True}


@pytest.fixture
def customer(app):
    make_company()
    return make_customer()


def best(line_id):
    line(line_id)
    return next(iter(queries_cash.list_proposals([line_id]).get(line_id, [])), None)


def cancel(line_id, other_id):
    act(services_returned.cancel_lines, line_id, other_id=other_id)


@pytest.mark.parametrize("amount", [119_00, -790_00], ids=["credit", "debit"])
def test_a_return_of_an_open_line_closes_both_and_undo_opens_both(app, customer, amount):
    [first] = take(by_account(amount, "thanks", name="Quux Trading"))
    [back] = take(by_account(-amount, "thanks", name="Quux Trading", **BACK))
    assert [(best(one).kind, best(one).other_line_id) for one in (first, back)] == [
        (LineKind.CANCEL, back), (LineKind.CANCEL, first),
    ]  # fmt: skip
    cancel(back, first)
    assert [(line(one).state, line(one).paired_with) for one in (first, back)] == [
        (LineState.IGNORED, back), (LineState.IGNORED, first),
    ]  # fmt: skip
    assert line(first).ignored_reason == "Taken back by the bank, with a line of 2026-11-22"
    with pytest.raises(services_cash.LineNotAside):
        act(services_cash.take_up_again, first)
    expect_books_in_order()
    act(services_returned.take_up_both, first)
    assert [(line(one).state, line(one).paired_with, line(one).ignored_reason) for one in (first, back)] == [
        (LineState.OPEN, None, ""), (LineState.OPEN, None, ""),
    ]  # fmt: skip


def test_only_the_same_money_the_other_way_is_paired(app, customer):
    first, alike, other = take(by_account(119_00), by_account(-119_00), by_account(-118_00, **BACK))
    for wrong in (alike, other, first):
        with pytest.raises(services_returned.NotTheOtherWay):
            cancel(first, wrong)
    [back] = take(by_account(-119_00, **BACK))
    with pytest.raises(services_cash.LineChanged):
        act(services_returned.cancel_lines, first, other_id=back, version=9)
    cancel(first, back)
    with pytest.raises(services_cash.LineNotOpen):
        cancel(first, back)


def test_a_return_finds_the_payment_that_was_accepted_a_minute_ago(app, customer):
    """Nothing in it names the customer, whose money came from somebody else."""
    [first] = take(by_account(119_00, "thanks", name="Quux Trading"))
    [back] = take(by_account(-119_00, "thanks", name="Quux Trading", **BACK))
    payment_id = accept(first, customer).id
    match_same_payer(first, now=NOW)
    assert (best(back).kind, best(back).payment_id) == (LineKind.REVERSE, payment_id)
    act(services_cash.reverse_by_line, back, payment_id=payment_id)
    [again] = take(by_account(-119_00, "thanks", name="Quux Trading", **BACK, bank_reference="second"))
    assert best(again) is None  # what came back comes back once


def test_what_another_line_was_put_on_is_suggested_no_longer(app, customer):
    owed = make_open_invoice(customer, 119_00)
    exact, part = take(by_account(119_00, f"{owed.number} thanks", name="X"), by_account(60_00, owed.number))
    assert line(exact).state is LineState.MATCHED
    assert not best(part).shares
    act(services_cash.undo_line, exact, reason="mistaken")
    match_same_payer(exact, now=NOW)
    assert [share[0] for share in best(part).shares] == [owed.id]
    accept(exact, customer, (owed.id, 1, 119_00))
    match_same_payer(exact, now=NOW)
    assert not best(part).shares


@pytest.mark.parametrize(("meanwhile", "left"), [(119_00, 119_00), (50_00, 50_00), (0, 0)])
def test_a_return_is_undone_though_another_payment_settled_the_invoice_meanwhile(app, customer, meanwhile, left):
    """The money came in twice, so as much of it is on account; nobody has to take the other payment back."""
    owed = make_open_invoice(customer, 119_00)
    [first] = take(by_account(119_00, owed.number))
    [back] = take(by_account(-119_00, f"RETURN {owed.number}", **BACK))
    assert line(back).state is LineState.MATCHED
    if meanwhile:
        make_payment(customer, meanwhile, allocations=[(owed.id, 1, meanwhile)])
    payment = act(services_cash.undo_line, back, reason="mistaken")
    assert (queries.amount_left(payment.id), ledger.open_amount(f"invoice:{owed.id}")) == (left, 0)
    assert queries_cash.find_match(first).payment_id == payment.id
    expect_books_in_order()
    act(services_cash.reverse_by_line, back, payment_id=payment.id)
    assert ledger.open_amount(f"invoice:{owed.id}") == 119_00 - meanwhile
    expect_books_in_order()


@pytest.fixture
def refunded(app):
    """A payment of 1,300.00 on an invoice of 1,000.00, of which the bank sent 300.00 back; its customer and invoice."""
    make_company(iban="DE89370400440532013000")
    customer, day = make_customer(), NOW - timedelta(days=5)
    owed = make_open_invoice(customer, 1000_00)
    payment = make_payment(customer, 1300_00, received_on=day.date(), allocations=[(owed.id, 1, 1000_00)])
    for amount in (200_00, 100_00):
        with unit_of_work():
            wish = propose_refund(
                payment.id, amount, beneficiary="Nordwind", iban="DE75512108001245126199", reason="too much",
                actor=ACTOR, now=day,
            )  # fmt: skip
            approve_refund(wish.id, actor="user:77", now=day)
    with unit_of_work():
        export_refunds(actor=ACTOR, now=day)
    return payment, customer, owed


def take_it_back(owed):
    [back] = take(by_account(-1300_00, f"RETURN {owed.number}", is_reversal=True))
    return back


def test_a_return_of_money_that_was_refunded_waits_and_says_what_helps(refunded):
    payment, _, owed = refunded
    number, back = payment.number, take_it_back(owed)
    assert (best(back).kind, best(back).payment_id, best(back).is_certain) == (LineKind.REVERSE, payment.id, False)
    assert f"waits: 300.00 EUR of {number} was refunded" in best(back).reasons
    assert (best(back).score < SURE, line(back).refusal) == (True, "")
    with pytest.raises(RefundedMeanwhile) as refused:
        act(services_cash.reverse_by_line, back, payment_id=payment.id)
    assert str(refused.value).startswith(f"300.00 EUR of {number} was refunded to the customer")
    assert "ask for the 1300.00 EUR that came back by an invoice of their own" in str(refused.value)


def test_what_the_refusal_says_leaves_the_customer_owing_all_that_came_back(refunded):
    _, customer, owed = refunded
    back = take_it_back(owed)
    asked = make_open_invoice(customer, 1300_00)
    act(services_cash.set_aside, back, reason_code=AsideCode.OTHER, note=asked.number)
    opened = sum(ledger.open_amount(f"invoice:{one.id}") for one in (owed, asked))
    assert (opened, ledger.on_account_of([customer.id])) == (1300_00, {})
    expect_books_in_order()


def test_a_return_goes_by_itself_once_its_refunds_came_back(refunded):
    _, _, owed = refunded
    with unit_of_work():
        for refund_id in session().scalars(select(Refund.id)).all():
            record_return(refund_id, reason="account closed", actor=ACTOR, now=NOW)
    back = take_it_back(owed)
    assert line(back).state is LineState.MATCHED
    assert ledger.open_amount(f"invoice:{owed.id}") == 1000_00
    expect_books_in_order()
