"""A refund that bounces without account and reference is known by its name and the words, on both engines."""

from __future__ import annotations

import pytest

from app.payments import queries_cash
from app.payments.models_bank import LineState
from app.payments.rules_cash import LineKind
from app.payments.services_refunds_back import LineWaits, MayBePayment, MayBeRefundBack
from tests.cash_lines import line, take
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
SAID = [{"text": "Rückgabe"}, {"reason": "AC04"}]


@pytest.mark.parametrize("said", SAID)
def test_it_waits_as_that_return_and_came_back_names_its_line(customer, said):
    [refund_id] = exported(customer, 123_45)
    [back] = take(bank(123_45, account="", name="NORDWIND", **said))
    offer = best(back)
    assert (offer.kind, offer.refund_id, line(back).state) == (LineKind.REFUND_BACK, refund_id, LineState.OPEN)
    assert "same name" in offer.reasons
    assert "waits: no account and no reference is named" in offer.reasons
    with pytest.raises(LineWaits):
        by_hand(refund_id)
    with pytest.raises(MayBeRefundBack):
        place(back, customer)
    accept(back, refund_id)
    assert (state(refund_id), on_account(customer)) == (BACK, 123_45)
    expect_books_in_order()


@pytest.mark.parametrize("said", SAID)
def test_after_a_mark_by_hand_it_is_offered_as_that_return_and_counts_nothing(customer, said):
    [refund_id] = exported(customer, 123_45)
    by_hand(refund_id)
    [back] = take(bank(123_45, account="", name=customer.name, **said))
    assert (best(back).refund_id, line(back).state) == (refund_id, LineState.OPEN)
    with pytest.raises(MayBeRefundBack):
        place(back, customer)
    accept(back, refund_id)
    assert on_account(customer) == 123_45
    expect_books_in_order()


def test_money_a_person_placed_all_the_same_is_asked_about(customer):
    [refund_id] = exported(customer, 123_45)
    [back] = take(bank(123_45, account="", text="Rückgabe"))
    place(back, customer, in_spite_of=[f"REFUND-{refund_id}"])
    with pytest.raises(MayBePayment):
        by_hand(refund_id)


@pytest.mark.parametrize(
    "facts", [{"name": "Bolt GmbH", "text": "Rückgabe"}, {"name": "", "text": "Rückgabe"}, {"text": "INV-2026-00001"}]
)
def test_another_name_or_no_words_of_a_return_are_no_return(customer, facts):
    [refund_id] = exported(customer, 123_45)
    [paid] = take(bank(123_45, account="", **facts))
    assert refund_id not in {one.refund_id for one in queries_cash.list_proposals([paid]).get(paid, [])}
    assert state(refund_id) is SENT
    by_hand(refund_id)
