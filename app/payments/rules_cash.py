"""Knows in which group of the cash desk a line stands, why one may be set aside, and how its payment is named."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from app.kernel.errors import BadInput, RuleError
from app.kernel.money import Money
from app.payments.rules import Share
from app.payments.rules_book import Habit

MATCHING = "system:matching"  # who places what is certain
SOURCE = "bank"  # of the payments that lines of the bank stand for


class MoreThanCameIn(BadInput):
    """Only {came_in} came in; you placed {placed}."""


class NotBookedYet(RuleError):
    """The bank books this line on {on}. It can be placed from that day on."""


class LineKind(enum.StrEnum):
    """What a line is taken for."""

    SETTLE = "settle"  # money of a customer
    REVERSE = "reverse"  # an earlier payment came back
    CHARGE = "charge"  # what the bank took
    REFUND = "refund"  # money we paid back
    REFUND_BACK = "refund_back"  # money we paid back came back
    CANCEL = "cancel"  # another line takes it back, or is taken back by it


class Group(enum.StrEnum):
    """Where the cash desk shows a line."""

    DONE = "done"
    SUGGESTED = "suggested"
    UNKNOWN = "unknown"


class AsideCode(enum.StrEnum):
    """Why a line is nobody's payment."""

    BANK_CHARGE = "bank_charge"
    OWN_TRANSFER = "own_transfer"
    NOT_OURS = "not_ours"
    REFUND_PAID = "refund_paid"
    REFUND_BACK = "refund_back"  # of a refund that is named, so no choice of the form
    OTHER = "other"


ASIDE_LABELS: Mapping[AsideCode, str] = {
    AsideCode.BANK_CHARGE: "Bank charge",
    AsideCode.OWN_TRANSFER: "Own transfer",
    AsideCode.NOT_OURS: "Not ours",
    AsideCode.REFUND_PAID: "Refund paid",
    AsideCode.REFUND_BACK: "Refund came back",
    AsideCode.OTHER: "Other",
}
ASIDE_NEEDS_WORDS = frozenset({AsideCode.OTHER})


def say_aside(code: AsideCode, note: str) -> str:
    """The reason as the line keeps it."""
    return f"{ASIDE_LABELS[code]}: {note}" if note else ASIDE_LABELS[code]


def group_of(is_open: bool, has_proposals: bool) -> Group:
    if not is_open:
        return Group.DONE
    return Group.SUGGESTED if has_proposals else Group.UNKNOWN


def external_id_of(line_id: int, edition: int) -> str:
    """What a payment of a line is known by; the second time the line is placed is another payment."""
    return f"line:{line_id}" if edition == 1 else f"line:{line_id}:{edition}"


def line_of(external_id: str | None) -> int | None:
    """The line whose payment is known by this; None where another source names it."""
    kind, _, rest = (external_id or "").partition(":")
    return int(rest.partition(":")[0]) if kind == "line" else None


def require_booked(booked_on: date, today: date) -> None:
    """Banks announce what they book on the next working day; nothing is decided before. Raises NotBookedYet."""
    if booked_on > today:
        raise NotBookedYet(on=booked_on)


def require_came_in(shares: Sequence[Share], amount: int, currency: str) -> None:
    """Raises MoreThanCameIn."""
    placed = sum(share.amount for share in shares)
    if placed > amount:
        raise MoreThanCameIn(came_in=Money(amount, currency), placed=Money(placed, currency))


def habit_of(reads_number: bool, amount: int, shares: Sequence[Share], open_amounts: Collection[int]) -> Habit | None:
    """How the customer said what it paid; None where nothing can be learned."""
    if reads_number:
        return Habit.NUMBER if shares else None
    if sum(share.amount for share in shares) != amount:
        return None
    if len(shares) == 1:
        return Habit.AMOUNT if shares[0].amount in open_amounts else None
    return Habit.SUM if shares else None
