"""Knows whether a statement goes on where an earlier one of its account ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.kernel.money import format_decimal
from app.kernel.texts import write_day


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a statement and its balances, in minor units; `place`: its file, in order of arrival, and within."""

    since: date
    until: date
    opening: int | None  # of an earlier one the closing is enough
    closing: int
    place: tuple[int, int] = (0, 0)


def find_gap(own: Span, others: Sequence[Span]) -> Span | None:
    """The latest statement before this one, if this one does not begin as it ends; None where another overlaps it."""
    others = [one for one in others if not (_is_later(one, own) and one.place[0] == own.place[0])]
    before = [one for one in others if one.until <= own.since and not _is_later(one, own)]
    latest = max(before, key=lambda one: (one.until, one.since, one.place), default=None)
    if latest is None or any(_overlaps(one, own) for one in others):
        return None
    return None if any(one.closing == own.opening and one.until >= latest.until for one in others) else latest


def _is_later(other: Span, own: Span) -> bool:
    """Of the same day, and came after this one, as the next page does, or in another file goes on where it ends."""
    goes_on = other.place[0] != own.place[0] and other.opening == own.closing != own.opening
    return other.since == own.since and (other.place > own.place or goes_on)


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
