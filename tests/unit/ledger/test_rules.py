"""Age, buckets and room: what the ledger's arithmetic promises."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ledger import rules

DAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-400, "not_due"),
        (-1, "not_due"),
        (0, "not_due"),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, "91-120"),
        (120, "91-120"),
        (121, "over_120"),
        (9000, "over_120"),
    ],
)
def test_due_today_is_not_due_and_each_bucket_ends_where_it_says(days, expected):
    assert rules.bucket(days) == expected


@given(st.lists(st.tuples(st.integers(-200, 500), st.integers(1, 10**9))), st.lists(st.integers(-(10**9), 0)))
def test_buckets_add_up_and_total_less_unapplied_is_the_receivable(items, accounts):
    aging = rules.Aging()
    for days, amount in items:
        aging.add_open(days, amount)
    for amount in accounts:
        aging.add_on_account(amount)
    assert sum(aging.buckets.values()) == aging.total == sum(amount for _, amount in items)
    assert aging.total - aging.unapplied == aging.receivable == aging.total + sum(accounts)
    assert aging.past_due == sum(amount for days, amount in items if days > 0)


CHANGES = st.lists(st.tuples(st.integers(0, 12), st.integers(-40, 60)), max_size=8)


def dated(changes):
    return [(DAY + timedelta(days=day), amount) for day, amount in changes]


def balance_on(changes, day):
    return sum(amount for on, amount in changes if on <= day)


@given(CHANGES, st.integers(-2, 14))
def test_the_lowest_balance_from_a_day_is_found(changes, offset):
    changes, day = dated(changes), DAY + timedelta(days=offset)
    expected = min(balance_on(changes, day + timedelta(days=later)) for later in range(20))
    assert rules.lowest_from(changes, day) == expected


@given(CHANGES, CHANGES, st.integers(1, 60))
def test_the_first_day_with_room_is_the_first_on_which_both_sums_suffice_for_good(one, other, amount):
    room = [dated(one), dated(other)]
    days = [DAY + timedelta(days=later) for later in range(16)]
    fits = [
        all(balance_on(changes, later) >= amount for changes in room for later in days if later >= day) for day in days
    ]
    expected = next((day for day, it_fits in zip(days, fits, strict=True) if it_fits), None)
    assert rules.first_day_with_room(room, amount, not_before=DAY) == expected


@pytest.mark.parametrize(
    ("first", "until", "expected"),
    [
        (date(2026, 1, 15), date(2026, 3, 30), [date(2026, 1, 31), date(2026, 2, 28)]),
        (date(2026, 1, 31), date(2026, 1, 31), [date(2026, 1, 31)]),
        (date(2026, 1, 15), date(2026, 1, 30), []),
        (date(2026, 2, 1), date(2026, 1, 31), []),
        (date(2023, 12, 31), date(2024, 2, 29), [date(2023, 12, 31), date(2024, 1, 31), date(2024, 2, 29)]),
        (date.min, date(1, 2, 1), [date(1, 1, 31)]),
        (date(9999, 12, 1), date.max, [date.max]),
    ],
)
def test_month_ends_between_two_days(first, until, expected):
    assert rules.month_ends(first, until) == expected


@pytest.mark.parametrize("last", [date(2024, 2, 29), date(2026, 12, 31), date.max])
def test_the_end_of_a_days_month(last):
    assert {rules.month_end_of(last.replace(day=day)) for day in (1, 15, last.day)} == {last}


@given(st.integers(0, 500), st.lists(st.integers(-5, 200), max_size=6))
def test_spreading_fills_room_in_order_and_never_more_than_there_is(amount, rooms):
    shares = rules.spread(amount, rooms)
    assert all(0 <= share <= max(room, 0) for share, room in zip(shares, rooms, strict=True))
    assert sum(shares) == min(amount, sum(max(room, 0) for room in rooms))
