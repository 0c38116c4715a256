"""Knows which days somebody looks back on: the last 7, 30 or 90, or from one day to another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from app.kernel.errors import BadInput

CHOICES = (7, 30, 90)
USUAL = 30
MOST_DAYS = 366


class PeriodBackwards(BadInput):
    """The period ends before it begins. Choose a last day that is not before the first."""


class PeriodTooLong(BadInput):
    """This is more than {most} days. Choose a shorter period."""


@dataclass(frozen=True)
class Period:
    """From one business date to another, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def choose_period(first: date | None, last: date | None, today: date) -> Period:
    """What is not said is filled in: up to today, and thirty days. Raises PeriodBackwards, PeriodTooLong."""
    last = last or max(today, first or today)
    period = Period(first or last - timedelta(days=USUAL - 1), last)
    if period.days < 1:
        raise PeriodBackwards(field="to")
    if period.days > MOST_DAYS:
        raise PeriodTooLong(most=MOST_DAYS, field="from")
    return period
