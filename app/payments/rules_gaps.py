"""Knows whether a statement goes on where an earlier one of its account ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.kernel.money import format_decimal
from app.kernel.texts import write_day


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a statement and its balances, in minor units."""

    since: date
    until: date
    opening: int | None  # of an earlier one the closing is enough
    closing: int


def find_gap(own: Span, others: Sequence[Span]) -> Span | None:
    """The nearest earlier statement, if none ends as this one begins; None also where another one overlaps it."""
    if any(one.closing == own.opening or _overlaps(one, own) for one in others):
        return None
    earlier = [one for one in others if one.until <= own.since]
    return max(earlier, key=lambda one: one.until, default=None)


def _overlaps(other: Span, own: Span) -> bool:
    """It begins with the same balance on the same day, or earlier and ends within: then its entries tell."""
    begins_alike = (other.since, other.opening) == (own.since, own.opening)
    return begins_alike or other.since < own.since < other.until


def say_unchecked(balance: str, count: int, of: int) -> str:
    """Of so many statements of a file: opening + entries = closing can be asked of none without this balance."""
    which = "the file has" if count == of else f"{count} of {of} statements have"
    return f"Not checked: {which} no {balance} balance."


def say_gap(opening: int, before: Span, currency: str) -> str:
    said, closing = (f"{format_decimal(one, currency)} {currency}" for one in (opening, before.closing))
    return f"Opening {said} is not the closing {closing} of {write_day(before.until)}: is a statement missing?"
