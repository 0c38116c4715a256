"""Knows how old an order is in working days, and the bands by which a backlog is read."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from app.kernel.business_calendar import BusinessCalendar


class AgeBand(enum.StrEnum):
    """Working days since an order was opened."""

    FRESH = "0-5"
    OLDER = "6-10"
    OLD = "11-20"
    OLDEST = "over-20"


BAND_LABELS: Mapping[AgeBand, str] = {
    AgeBand.FRESH: "0–5 working days",
    AgeBand.OLDER: "6–10 working days",
    AgeBand.OLD: "11–20 working days",
    AgeBand.OLDEST: "Over 20 working days",
}
LIMITS = (5, 10, 20)


@dataclass(frozen=True)
class Days:
    """The days on which orders of a band were opened; None is without an end."""

    first: date | None
    last: date | None


def list_bands(today: date, calendar: BusinessCalendar) -> dict[AgeBand, Days]:
    """The days of each band, the youngest first. Together they hold every day once."""
    firsts = [_first_day(today, calendar, limit) for limit in LIMITS]
    lasts = [first - timedelta(days=1) for first in firsts]
    return {band: Days(first, last) for band, first, last in zip(AgeBand, [*firsts, None], [None, *lasts], strict=True)}


def _first_day(today: date, calendar: BusinessCalendar, most: int) -> date:
    """The earliest day that is no more than so many working days before today."""
    day, left = today, most
    while left >= calendar.is_working_day(day):
        left -= calendar.is_working_day(day)
        day -= timedelta(days=1)
    return day


@dataclass(frozen=True)
class Progress:
    """What a list says of an order: `age` in working days, shares in whole percent; None where there is none."""

    age: int
    fulfilled: int | None
    billed: int | None


def percent_of(part: int, whole: int) -> int | None:
    """A share in whole percent, rounded, never up to 100; None where there is nothing to have a share of."""
    if whole <= 0:
        return None
    nearest = (200 * part + whole) // (2 * whole)
    return min(nearest, 99) if part < whole else nearest
