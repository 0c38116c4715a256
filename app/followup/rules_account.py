"""Knows how a statement of account reads: documents and money by their days; our placing of money is left out."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from app.kernel.errors import BadInput, RuleError

SHAPE = 2  # 1 had no remittance, and never said which instalment
LONGEST_REMITTANCE = 60
MOST_LINES = 500  # longer papers take too long to lay out; the spreadsheet has all of them
LONGEST_SPAN = 3660


class WrongSpan(BadInput):
    """The first day must not be after the last one. Choose other days."""


class SpanTooLong(BadInput):
    """A statement covers at most ten years. Choose a later first day."""


class DayToCome(BadInput):
    """{name} {day} is still to come, so nothing is known of it. Take today or an earlier day."""


class TooManyLines(RuleError):
    """{lines} lines are too many for a paper. Choose a shorter span, or take the spreadsheet."""


class LineKind(enum.StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    DISCOUNT = "discount"
    WRITE_OFF = "write_off"
    REFUND = "refund"
    TRANSFER = "transfer"
    OTHER = "other"
    BANK_FEE = "bank_fee"  # from here on: why less was paid and is asked for no more
    DISCOUNT_LATE = "discount_late"
    DISPUTE = "dispute"
    TAX_WITHHELD = "tax_withheld"
    TOLERANCE = "tolerance"


class Change(NamedTuple):
    """A ledger entry as far as a statement wants it; a reversal has the kind of what it takes back."""

    position: int
    on: date
    kind: str
    is_reversal: bool
    currency: str
    document: str | None
    amount: int
    reason: str
    reverses: int | None = None
    code: str = ""  # why it was let go


@dataclass(frozen=True, slots=True)
class Line:
    """One movement: what caused it, the document it concerns, and by how much more (> 0) or less is owed."""

    on: date
    kind: LineKind
    is_reversal: bool
    reason: str
    document: str | None
    amount: int


_KINDS = {
    "instalment": LineKind.INVOICE,
    "receipt": LineKind.PAYMENT,
    "credit": LineKind.CREDIT_NOTE,
    "write_off": LineKind.WRITE_OFF,
    "refund": LineKind.REFUND,
    "transfer": LineKind.TRANSFER,
}
_LET_GO = frozenset({"bank_fee", "discount_late", "dispute", "tax_withheld", "tolerance"})
_PLACING = frozenset({"settlement", "application"})
_UNSEEN = frozenset({"write_off", "transfer"})  # the customer hears of it from us alone


def check_span(since: date, until: date) -> None:
    """Raises WrongSpan, SpanTooLong."""
    if since > until:
        raise WrongSpan(field="since")
    if (until - since).days > LONGEST_SPAN:
        raise SpanTooLong(field="since")


def require_past(days: Mapping[str, date | None], today: date) -> None:
    """A statement never speaks of days to come, for it would say something else once they have. Raises DayToCome."""
    for name, day in days.items():
        if day is not None and day > today:
            raise DayToCome(field=name, name=name, day=day)


def list_lines(changes: Iterable[Change], corrections: Iterable[tuple[str, str]] = ()) -> list[Line]:
    """The movements of one currency in order. What one cause did on one day is one line; what comes to 0 is none.

    `corrections` are pairs of causes of which the one only put the other right: left out on days on which they cancel.

    A settlement and its application come to 0, so do an allocation and its undoing: money that was only put somewhere
    else. The lines add up to the changes whatever the ledger learns later: an unknown kind is a line of its own.
    """
    groups: dict[tuple[date, LineKind | None, bool, str], list[Change]] = {}
    for change in sorted(_leave_out(list(changes), corrections), key=lambda one: (one.on, one.position)):
        kind = _kind_of(change)
        is_reversal = change.is_reversal and kind is not None
        groups.setdefault((change.on, kind, is_reversal, change.reason), []).append(change)
    lines = [
        Line(on, kind or LineKind.OTHER, is_reversal, reason, _document_of(group), sum(one.amount for one in group))
        for (on, kind, is_reversal, reason), group in groups.items()
    ]
    return [line for line in lines if line.amount]


def _leave_out(changes: Sequence[Change], corrections: Iterable[tuple[str, str]]) -> list[Change]:
    """Without what was put right on the day it counts from: the balance of every day is that of a statement to it."""
    unseen = {(one.position, one.on) for one in changes if one.kind in _UNSEEN}
    taken_back = {one.position: one.reverses for one in changes if (one.reverses, one.on) in unseen}
    left = [one for one in changes if one.position not in {*taken_back, *taken_back.values()}]
    for pair in corrections:
        days: dict[date, list[Change]] = {}
        for one in left:
            if one.reason in pair and _kind_of(one) is LineKind.PAYMENT:
                days.setdefault(one.on, []).append(one)
        gone = {one.position for both in days.values() if not sum(each.amount for each in both) for one in both}
        left = [one for one in left if one.position not in gone]
    return left


def _kind_of(change: Change) -> LineKind | None:
    """None for placing."""
    if change.kind in _PLACING:
        return None
    if change.kind == "write_off" and change.reason.startswith("allocation:"):
        return LineKind.DISCOUNT
    return LineKind(change.code) if change.code in _LET_GO else _KINDS.get(change.kind, LineKind.OTHER)


def _document_of(group: Iterable[Change]) -> str | None:
    return next((one.document for one in group if one.document), None)


def shorten(remittance: str) -> str:
    """As much of what a payer wrote as lets them find the payment in their own books."""
    text = " ".join(remittance.split())
    return text if len(text) <= LONGEST_REMITTANCE else f"{text[: LONGEST_REMITTANCE - 1].rstrip()}…"


def require_drawable(content: Mapping[str, Any]) -> None:
    """Raises TooManyLines."""
    lines = sum(len(account["lines"]) + len(account["items"]) for account in content["accounts"])
    if lines > MOST_LINES:
        raise TooManyLines(lines=lines)
