"""Knows how old a debt is, which bucket it stands in, and how much of an instalment is open on each day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter

NOT_DUE = "not_due"
BUCKETS = (NOT_DUE, "1-30", "31-60", "61-90", "91-120", "over_120")
_LAST_DAY = ((30, "1-30"), (60, "31-60"), (90, "61-90"), (120, "91-120"))

Change = tuple[date, int]


def days_past_due(due_on: date, as_of: date) -> int:
    """Whole days since the due date: due today is 0, not yet due is negative."""
    return (as_of - due_on).days


def bucket(days: int) -> str:
    """The aging bucket of a number of days past due. Due today (0) is not due."""
    if days <= 0:
        return NOT_DUE
    return next((name for last, name in _LAST_DAY if days <= last), "over_120")


def bucket_starts(as_of: date) -> list[date]:
    """The earliest due date of each bucket but the last, in their order."""
    first = date.min.toordinal()
    return [date.fromordinal(max(first, as_of.toordinal() - last)) for last in (0, *(last for last, _ in _LAST_DAY))]


@dataclass(slots=True)
class Aging:
    """Open amounts by bucket and unapplied cash, in minor units of one currency.

    The buckets add up to `total`; `total - unapplied = receivable`.
    """

    buckets: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BUCKETS, 0))
    unapplied: int = 0

    @property
    def total(self) -> int:
        return sum(self.buckets.values())

    @property
    def receivable(self) -> int:
        return self.total - self.unapplied

    @property
    def past_due(self) -> int:
        return self.total - self.buckets[NOT_DUE]

    def add_open(self, days: int, amount: int) -> None:
        self.buckets[bucket(days)] += amount

    def add(self, other: Aging) -> None:
        for name, amount in other.buckets.items():
            self.buckets[name] += amount
        self.unapplied += other.unapplied

    def add_on_account(self, amount: int) -> None:
        """`amount` as the ledger has it: negative where the customer has money with us."""
        self.unapplied -= amount


def running_balances(changes: Iterable[Change]) -> list[Change]:
    """The sum at the end of each day on which something changed, in order of the days."""
    balances, running = [], 0
    for day, group in groupby(sorted(changes, key=itemgetter(0)), key=itemgetter(0)):
        running += sum(amount for _, amount in group)
        balances.append((day, running))
    return balances


def lowest_from(changes: Iterable[Change], day: date) -> int:
    """The lowest sum at the end of `day` or of any later one."""
    balances = running_balances(changes)
    before = [balance for on, balance in balances if on <= day]
    return min([before[-1] if before else 0, *(balance for on, balance in balances if on > day)])


def first_day_with_room(room: Sequence[Sequence[Change]], amount: int, *, not_before: date) -> date | None:
    """The first day from which every one of the sums stays at `amount` or more for good; None if there is none.

    This is the day a settlement counts from: the payment's money and the instalment's debt both have to be there, on
    that day and on every day after it, or some past date would show a negative open amount.
    """
    days = {not_before} | {on for changes in room for on, _ in changes if on > not_before}
    for day in sorted(days):
        if all(lowest_from(changes, day) >= amount for changes in room):
            return day
    return None


def month_end_before(day: date) -> date:
    """The last day of the month before the day's month."""
    return day.replace(day=1) - timedelta(days=1)


def month_end_of(day: date) -> date:
    """The last day of the day's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def is_month_end(day: date) -> bool:
    return day == date.max or (day + timedelta(days=1)).day == 1


def month_ends(first: date, until: date) -> list[date]:
    """Every last day of a month from `first` to `until`, both included, oldest first."""
    found = []
    day = until if is_month_end(until) else until.replace(day=1)
    while day > first or (day == first and is_month_end(day)):
        if is_month_end(day):
            found.append(day)
            day = day.replace(day=1)
        else:
            day = month_end_before(day)
    return found[::-1]


def spread(amount: int, rooms: Sequence[int]) -> list[int]:
    """As much of `amount` as fits into each room, in order; what does not fit is left over."""
    shares = []
    for room in rooms:
        share = max(0, min(amount, room))
        shares.append(share)
        amount -= share
    return shares
