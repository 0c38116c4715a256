"""A refund that bounces less a fee is on account whole again, and the fee is a charge, on both engines."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.db.base import session
from app.payments.models_bank import LineState
from app.payments.models_settling import BankCharge
from app.payments.services_cash import take_up_again
from app.payments.services_refunds_back import LineWaits, MayBePayment, MayBeRefundBack, NotThisRefund
from tests.cash_lines import act, line, take
from tests.service.payments.test_refunds_back import (
    BACK,
    SENT,
    accept,
    bank,
    best,
    by_hand,
    customer,
    expect_books_in_order,
    exported,
    on_account,
    place,
    state,
)

__all__ = ["customer"]


def charged():
    return session().scalar(select(func.coalesce(func.sum(BankCharge.amount), 0)))


@pytest.mark.parametrize("said", [{"end_to_end_id": "REFUND-1"}, {"text": "Retour REFUND-1", "account": ""}])
def test_accepting_puts_all_of_it_on_account_with_a_charge_and_undoing_takes_both_back(customer, said):
    exported(customer, 100_00)
    [back] = take(bank(96_50, reason="AC04", **said))
    offer = best(back)
    assert (offer.refund_id, line(back).state) == (1, LineState.OPEN)
    assert "less EUR 3.50" in offer.reasons or "less 3.50 EUR" in offer.reasons
    with pytest.raises(LineWaits):
        by_hand(1)
    with pytest.raises(MayBeRefundBack):
        place(back, customer)
    for _ in range(2):
        accept(back, 1)
        assert (state(1), on_account(customer), charged()) == (BACK, 100_00, 3_50)
        expect_books_in_order()
        act(take_up_again, back)
        assert (state(1), on_account(customer), charged()) == (SENT, 0, 0)
        expect_books_in_order()


def test_after_a_mark_by_hand_it_counts_the_charge_alone(customer):
    exported(customer, 100_00)
    by_hand(1)
    [back] = take(bank(96_50, "REFUND-1"))
    with pytest.raises(MayBeRefundBack):
        place(back, customer)
    accept(back, 1)
    assert (on_account(customer), charged()) == (100_00, 3_50)
    expect_books_in_order()


def test_a_payment_of_it_that_stands_is_asked_about(customer):
    exported(customer, 100_00)
    [back] = take(bank(96_50, "REFUND-1", reason="AC04"))
    place(back, customer, in_spite_of=["REFUND-1"])
    with pytest.raises(MayBePayment):
        by_hand(1)


@pytest.mark.parametrize(("sent", "came"), [(100_00, 49_99), (20_00, 9_99), (100_00, 100_01)])
def test_much_less_or_more_is_no_return(customer, sent, came):
    exported(customer, sent)
    [paid] = take(bank(came, "REFUND-1", reason="AC04"))
    with pytest.raises(NotThisRefund):
        accept(paid, 1)
