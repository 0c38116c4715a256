"""Knows what a proposal says: an action, shares, a deduction, a score with reasons, and whether it is certain."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import NamedTuple

from app.payments.rules import Share


class Action(enum.StrEnum):
    ALLOCATE = "allocate"
    REVERSE = "reverse"  # an earlier payment came back
    CHARGE = "charge"  # what the bank took
    REFUND = "refund"  # money we paid back
    REFUND_BACK = "refund_back"  # money we paid back came back
    CANCEL = "cancel"  # another line takes it back, or is taken back by it


class Fit(enum.Enum):
    """How an amount fits; points where the items were named, and where only the payer is known."""

    EXACT = ("exact amount", 35, 30)
    ALL = ("exact amount of all named", 35, 26)
    INSTALMENT = ("exact amount of an instalment", 33, 28)
    DISCOUNT = ("less the early discount, in time", 34, 28)
    SUM = ("sum of several open items", 30, 20)
    FEE = ("less a usual bank fee", 26, 15)
    COVERED = ("less than is open, and money on account covers the rest", 26, 15)
    LATE = ("less the early discount, too late", 24, 14)
    OVER = ("more than is open", 16, 4)
    SHARED = ("a part of all named", 27, 5)
    PART = ("a part of what is open", 12, 5)
    ELSEWHERE = ("named in another currency", 40, 40)
    NOTHING = ("this customer owes nothing in this currency", 5, 5)
    PAID = ("names what is settled already", 20, 20)

    @property
    def is_exact(self) -> bool:
        return self in {Fit.EXACT, Fit.ALL, Fit.INSTALMENT, Fit.DISCOUNT}


class Deduction(NamedTuple):
    """What the customer kept back of an instalment, with the code of its reason."""

    invoice_id: int
    instalment: int
    amount: int
    reason: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What a company takes for usual."""

    usual_fee: int = 15_00  # minor units; the most a bank keeps back
    only_propose: bool = False  # nothing is placed by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One way to place a line, with its reasons. What the shares leave of the amount stays unapplied.

    `doubt`: what keeps the best way waiting for a person.
    """

    action: Action = Action.ALLOCATE
    score: int  # 0 to 100
    reasons: tuple[str, ...]
    customer_id: int | None
    shares: tuple[Share, ...] = ()
    deduction: Deduction | None = None
    payment_id: int | None = None
    other_line_id: int | None = None
    refund_id: int | None = None
    is_certain: bool = False
    doubt: str = ""
