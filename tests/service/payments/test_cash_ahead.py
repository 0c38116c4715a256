"""Lines the bank books after today: one rule for whatever is done with them, and each is done once its day has come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.db.unit_of_work import in_unit_of_work
from app.payments import services_cash, services_returned
from app.payments.bank_files import match_lines
from app.payments.models_bank import LineState
from app.payments.rules_cash import AsideCode, NotBookedYet
from tests.cash_lines import act, line, paid, take
from tests.factories import ACTOR, NOW, make_company, make_customer, make_open_invoice, make_payment

TODAY = NOW.date()
TOMORROW = {"on": TODAY + timedelta(days=1)}


@pytest.fixture
def customer(app):
    make_company()
    return make_customer()


def test_nothing_is_done_with_a_line_before_the_day_the_bank_books_it(app, customer):
    payment = make_payment(customer, 70_00, allocations=None)
    came, went, back = take(
        paid(50_00, "x", **TOMORROW), paid(-70_00, **TOMORROW), paid(-50_00, is_reversal=True, **TOMORROW)
    )
    acts = [
        (services_cash.accept, came, {"customer_id": customer.id, "shares": []}),
        (services_cash.set_aside, came, {"reason_code": AsideCode.NOT_OURS}),
        (services_cash.set_aside, went, {"reason_code": AsideCode.REFUND_PAID}),
        (services_cash.reverse_by_line, went, {"payment_id": payment.id}),
        (services_returned.cancel_lines, back, {"other_id": came}),
    ]
    for service, one, facts in acts:
        with pytest.raises(NotBookedYet, match=r"on 2026-11-23\. It can be placed"):
            act(service, one, **facts)
    assert {line(one).state for one in (came, went, back)} == {LineState.OPEN}
    in_unit_of_work(
        lambda: services_cash.accept(
            came, customer_id=customer.id, shares=[], version=1, actor=ACTOR, now=NOW + timedelta(days=1)
        )
    )
    assert line(came).state is LineState.MATCHED


def test_what_is_certain_waits_for_its_day_without_a_refusal_and_then_goes_by_itself(app, customer):
    invoice = make_open_invoice(customer, 100_00, number="INV-2026-00017")
    [one] = take(paid(100_00, invoice.number, name=customer.name, **TOMORROW))
    assert (line(one).state, line(one).refusal) == (LineState.OPEN, "")
    match_lines([one], now=NOW + timedelta(days=1))
    assert line(one).state is LineState.MATCHED
