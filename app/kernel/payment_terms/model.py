"""Knows payment terms: shares of a total, the dates they fall due, and the discount for paying early."""

from __future__ import annotations

import calendar
import enum
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.kernel.errors import BadInput
from app.kernel.quantities import canonical

MOST_DAYS = 3660
MOST_MONTHS = 120


class ShareKind(enum.StrEnum):
    """What an instalment is a share of."""

    PERCENT = "percent"  # of the amount due
    PERCENT_OF_REMAINDER = "percent_of_remainder"  # of what the instalments before it left
    FIXED = "fixed"  # major units
    REMAINDER = "remainder"
    NET = "net"  # the document's net total
    TAX = "tax"  # the document's tax total


class DiscountOn(enum.StrEnum):
    """What an early discount reduces."""

    GROSS = "gross"
    NET = "net"
    REDUCES_TAX_ALWAYS = "reduces_tax_always"


class SharesIncomplete(BadInput):
    """The shares add up to {total}%. Let them add up to 100%, or end with "remainder"."""


class RemainderNotLast(BadInput):
    """Only the last instalment can be the remainder."""


class DateOutOfRange(BadInput):
    """This due date is beyond the calendar."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a total; ``value`` is percent or, for FIXED, major units."""

    kind: ShareKind
    value: Decimal = Decimal(0)

    def __str__(self) -> str:
        match self.kind:
            case ShareKind.PERCENT:
                return f"{canonical(self.value)}%"
            case ShareKind.PERCENT_OF_REMAINDER:
                return f"{canonical(self.value)}% of remainder"
            case ShareKind.FIXED:
                return f"fixed {self.value:f}"
            case _:
                return self.kind.value


REMAINDER = Share(ShareKind.REMAINDER)


@dataclass(frozen=True, slots=True)
class DueRule:
    """When something falls due, counted from the issue date: months, then days, then end of month, then a day."""

    days: int = 0
    months: int = 0
    end_of_month: bool = False
    day_of_month: int | None = None

    def due_on(self, start: date) -> date:
        """The due date for ``start``. Raises DateOutOfRange beyond the year 9999.

        A ``day_of_month`` after the end of a month lies in the next month; otherwise it is the first such day on or
        after the date. In a shorter month it is that month's last day.
        """
        try:
            return self._due_on(start)
        except (OverflowError, ValueError):
            raise DateOutOfRange from None

    def _due_on(self, start: date) -> date:
        due = add_months(start, self.months) + timedelta(days=self.days)
        if self.end_of_month:
            due = _on_day(due, 31)
        if not self.day_of_month:
            return due
        if not self.end_of_month and (same_month := _on_day(due, self.day_of_month)) >= due:
            return same_month
        return _on_day(add_months(due.replace(day=1), 1), self.day_of_month)


@dataclass(frozen=True, slots=True)
class InstalmentTerm:
    share: Share
    due: DueRule


@dataclass(frozen=True, slots=True)
class EarlyDiscount:
    """A discount for payment within ``days``: ``percent``, or ``amount`` in major units; the other is None."""

    days: int
    percent: Decimal | None = None
    amount: Decimal | None = None
    on: DiscountOn = DiscountOn.GROSS


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """Instalments in their order and perhaps an early discount."""

    instalments: tuple[InstalmentTerm, ...] = ()
    early_discount: EarlyDiscount | None = None

    def __post_init__(self) -> None:
        require_complete([term.share for term in self.instalments])

    def due_dates(self, issued_on: date) -> list[date]:
        return [term.due.due_on(issued_on) for term in self.instalments]

    def last_due_on(self, issued_on: date) -> date:
        """When all of it is due; the issue date without instalments."""
        return max(self.due_dates(issued_on), default=issued_on)

    def discount_until(self, issued_on: date) -> date | None:
        """The last day of the early discount."""
        if self.early_discount is None:
            return None
        return DueRule(days=self.early_discount.days).due_on(issued_on)


def require_complete(shares: list[Share]) -> None:
    """Percent shares total 100 unless a remainder stands last, and a remainder stands nowhere else."""
    if not shares:
        return
    if any(share.kind is ShareKind.REMAINDER for share in shares[:-1]):
        raise RemainderNotLast
    if shares[-1].kind is ShareKind.REMAINDER:
        return
    percents = [share.value for share in shares if share.kind is ShareKind.PERCENT]
    parts_of_rest = [share.value for share in shares if share.kind is ShareKind.PERCENT_OF_REMAINDER]
    if parts_of_rest and shares[-1] != Share(ShareKind.PERCENT_OF_REMAINDER, Decimal(100)):
        raise SharesIncomplete(total=canonical(sum(percents + parts_of_rest, Decimal(0))))
    if percents and not parts_of_rest and sum(percents) != 100:
        raise SharesIncomplete(total=canonical(sum(percents, Decimal(0))))


def add_months(start: date, months: int) -> date:
    """The same day ``months`` later, or that month's last day: 31 January + 1 month is 28 or 29 February."""
    years, month = divmod(start.month - 1 + months, 12)
    return _on_day(date(start.year + years, month + 1, 1), start.day)


def _on_day(within: date, day: int) -> date:
    return within.replace(day=min(day, calendar.monthrange(within.year, within.month)[1]))


IMMEDIATELY = PaymentTerms((InstalmentTerm(REMAINDER, DueRule()),))
