"""Knows the periods of a recurring plan, counted from its first day, and what a price is in each of them.

A period begins a whole number of intervals after the first day of the plan, never after the period before: 31 January,
28 or 29 February, 31 March. Where a month has no such day, its last day stands in.
"""

from __future__ import annotations

import enum
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import count, takewhile

from app.kernel.errors import BadInput
from app.kernel.money import minor_digits
from app.kernel.quantities import canonical

MOST_EVERY = 366
MOST_PERIODS = 1_200
MOST_INDEX = Decimal(100)
HIGHEST_PRICE = Decimal(10) ** 12
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)


class IntervalWrong(BadInput):
    """Write a whole number from 1 to {most}."""


class StartWrong(BadInput):
    """Choose a first day between {earliest} and {latest}."""


class EndBeforeStart(BadInput):
    """The plan ends on {ends_on}, before its first period is over on {first}."""


class EndInside(BadInput):
    """{ends_on} lies inside a period. Let the plan end with one: on {before} or on {after}."""


class EndTooLate(BadInput):
    """Choose a last day up to {latest}, or leave it empty."""


class TwoEnds(BadInput):
    """Write either the last day or the number of periods, not both."""


class IndexWrong(BadInput):
    """Write a percentage between -{most} and {most}."""


class PriceTooHigh(BadInput):
    """With {percent} % a year the price of {day} is too high to be written. Choose a lower percentage."""


class Unit(enum.StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """How often, from when, until when, when in a period it is billed, and how the prices rise a year."""

    every: int
    unit: Unit
    starts_on: date
    ends_on: date | None = None
    most: int | None = None
    is_in_advance: bool = True
    index_percent: Decimal = Decimal(0)


@dataclass(frozen=True)
class Period:
    """The period of this number (from 1); both days belong to it."""

    number: int
    first: date
    last: date
    bill_on: date


def check_rhythm(rhythm: Rhythm) -> None:
    """Raises IntervalWrong, StartWrong, TwoEnds, EndBeforeStart, EndInside, IndexWrong, each with its field."""
    if not 1 <= rhythm.every <= MOST_EVERY:
        raise IntervalWrong(field="every", most=MOST_EVERY)
    if not EARLIEST <= rhythm.starts_on <= LATEST:
        raise StartWrong(field="starts_on", earliest=EARLIEST, latest=LATEST)
    if rhythm.most is not None and not 1 <= rhythm.most <= MOST_PERIODS:
        raise IntervalWrong(field="most_periods", most=MOST_PERIODS)
    if not -MOST_INDEX < rhythm.index_percent <= MOST_INDEX:
        raise IndexWrong(field="index_percent", most=MOST_INDEX)
    if rhythm.ends_on is not None:
        _check_end(rhythm, rhythm.ends_on)


def _check_end(rhythm: Rhythm, ends_on: date) -> None:
    if rhythm.most is not None:
        raise TwoEnds(field="ends_on")
    if ends_on > LATEST:
        raise EndTooLate(field="ends_on", latest=LATEST)
    before = None
    for number in range(1, MOST_PERIODS + 1):
        last = period_of(rhythm, number).last
        if last == ends_on:
            return
        if last > ends_on:
            if before is None:
                raise EndBeforeStart(field="ends_on", ends_on=ends_on, first=last)
            raise EndInside(field="ends_on", ends_on=ends_on, before=before, after=last)
        before = last
    raise IntervalWrong(field="ends_on", most=MOST_PERIODS)


def period_of(rhythm: Rhythm, number: int) -> Period:
    """The period of this number, whether or not the plan lasts so long."""
    first = _add(rhythm.starts_on, rhythm.unit, rhythm.every * (number - 1))
    last = _add(rhythm.starts_on, rhythm.unit, rhythm.every * number) - timedelta(days=1)
    return Period(number, first, last, first if rhythm.is_in_advance else last)


def list_periods(rhythm: Rhythm, *, after: int = 0) -> Iterator[Period]:
    """Its periods above that number, to its end; without an end, to the last year we reckon with."""
    end = min(rhythm.ends_on or LATEST, LATEST)
    most = min(rhythm.most or MOST_PERIODS, MOST_PERIODS)
    numbers = takewhile(lambda number: number <= most, count(after + 1))
    return takewhile(lambda period: period.last <= end, (period_of(rhythm, number) for number in numbers))


def periods(rhythm: Rhythm, until: date, *, after: int = 0) -> list[Period]:
    """The periods to be billed up to that day."""
    return list(takewhile(lambda period: period.bill_on <= until, list_periods(rhythm, after=after)))


def price_in(price: Decimal, rhythm: Rhythm, period: Period, currency: str) -> Decimal:
    """The unit price in a period: indexed once per full year of the plan, from the agreed price each time.

    Rounded half up, once, to the currency's decimals, or to as many as the agreed price has.
    """
    years = full_years(rhythm.starts_on, period.first)
    if not years or not rhythm.index_percent:
        return price
    decimals = max(minor_digits(currency), -int(price.normalize().as_tuple().exponent))
    with localcontext() as exact:
        exact.prec = 400
        indexed = price * (1 + rhythm.index_percent / 100) ** years
        if indexed > HIGHEST_PRICE:
            percent = canonical(rhythm.index_percent)
            raise PriceTooHigh(field="index_percent", percent=percent, day=period.first)
        return indexed.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def full_years(start: date, on: date) -> int:
    """How many anniversaries of `start` have come by that day; that of 29 February is the 28th in other years."""
    years = on.year - start.year
    return years if _add(start, Unit.YEAR, years) <= on else years - 1


def _add(start: date, unit: Unit, number: int) -> date:
    if unit in {Unit.DAY, Unit.WEEK}:
        return start + timedelta(days=number * (7 if unit is Unit.WEEK else 1))
    months = start.month - 1 + number * (12 if unit is Unit.YEAR else 1)
    year, month = start.year + months // 12, months % 12 + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))
