"""Money goes to the oldest due instalment first, and nobody gets more than is there."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.payments import rules
from app.payments.rules import EarlyOffer, OpenInstalment, Share

DUE = date(2026, 3, 1)


def open_one(invoice_id, amount, *, due=0, issued=-30, instalment=1):
    return OpenInstalment(
        invoice_id, f"INV-{invoice_id}", instalment, "EUR", DUE + timedelta(days=issued), DUE + timedelta(days=due),
        amount,
    )  # fmt: skip


def test_the_oldest_due_comes_first_then_the_invoice_issued_first():
    items = [open_one(1, 50, due=5), open_one(2, 70, due=0, issued=-10), open_one(3, 30, due=0, issued=-40)]
    assert rules.propose_oldest(110, items) == [Share(3, 1, 30), Share(2, 1, 70), Share(1, 1, 10)]


def test_what_nobody_owes_stays_unapplied():
    assert rules.propose_oldest(100, [open_one(1, 40)]) == [Share(1, 1, 40)]
    assert rules.propose_oldest(100, []) == []


@given(st.integers(1, 500), st.lists(st.tuples(st.integers(1, 100), st.integers(-50, 50)), max_size=6))
def test_a_proposal_uses_what_there_is_and_no_more(amount, items):
    open_items = [open_one(number, left, due=due) for number, (left, due) in enumerate(items, 1)]
    shares = rules.propose_oldest(amount, open_items)
    assert sum(share.amount for share in shares) == min(amount, sum(left for left, _ in items))
    rules.check_shares(shares, required=False)
    by_id = {one.invoice_id: one for one in open_items}
    untouched = [one for one in open_items if one.invoice_id not in {share.invoice_id for share in shares}]
    assert all(share.amount <= by_id[share.invoice_id].open for share in shares)
    if shares and untouched:
        assert max(by_id[share.invoice_id].due_on for share in shares) <= min(one.due_on for one in untouched)


@pytest.mark.parametrize(
    ("shares", "required", "refusal", "field"),
    [
        ([], True, rules.NothingToPlace, "allocations"),
        ([Share(1, 1, 5), Share(2, 1, 0)], True, rules.NotPositive, "allocations-1"),
        ([Share(1, 1, -5)], False, rules.NotPositive, "allocations-0"),
        ([Share(1, 1, 5), Share(1, 2, 5), Share(1, 1, 5)], False, rules.PlacedTwice, "allocations-2"),
    ],
)
def test_shares_that_say_nothing_or_twice_are_refused(shares, required, refusal, field):
    with pytest.raises(refusal) as refused:
        rules.check_shares(shares, required=required)
    assert refused.value.field == field


OWED, PAYABLE, UNTIL = 5956, 5837, date(2026, 12, 7)
NEXT = date(2026, 12, 8)


@pytest.mark.parametrize(
    ("parts", "still_open", "earned", "rest"),
    [
        ([], 5956, 0, (5837, UNTIL)),
        ([(UNTIL, 5837)], 119, 119, (None, None)),  # at once
        ([(UNTIL, 5836)], 120, 0, (1, UNTIL)),
        ([(UNTIL, 5900)], 56, 56, (None, None)),  # more than was asked
        ([(UNTIL, 5956)], 0, 0, (None, None)),  # all of it
        ([(UNTIL, 2000)], 3956, 0, (3837, UNTIL)),
        ([(UNTIL, 2000), (UNTIL, 3837)], 119, 119, (None, None)),
        ([(UNTIL, 2000), (NEXT, 3837)], 119, 0, (None, None)),  # the second part is late
        ([(NEXT, 2000), (UNTIL, 3837)], 119, 0, (None, None)),  # the first one is
        ([(NEXT, 2000)], 3956, 0, (3837, None)),
        ([(NEXT, 50), (UNTIL, 5837)], 69, 69, (None, None)),  # enough came in time beside it
        ([(UNTIL, 2000), (UNTIL, 3837)], 100, 0, (None, None)),  # something else lowered it
        ([(UNTIL, 2000)], 3900, 0, (None, None)),
    ],
)
def test_the_discount_is_earned_by_what_came_in_time(parts, still_open, earned, rest):
    offer = EarlyOffer(OWED, PAYABLE, UNTIL, tuple(parts))
    assert (rules.earned_discount(offer, still_open), rules.price_of_rest(offer, still_open)) == (earned, rest)
