"""Knows which short payments may be let go without asking, who may approve, and how tax follows a late discount."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from app.kernel.errors import RuleError
from app.kernel.money import apportion


class PaymentKind(enum.StrEnum):
    """Where the money of a payment is from."""

    MONEY = "money"  # it came in
    CREDIT = "credit"  # a credit note left it on account
    TRANSFER = "transfer"  # another customer's payment


class OutflowKind(enum.StrEnum):
    REFUND = "refund"
    TRANSFER = "transfer"


class DeductionCode(enum.StrEnum):
    """Why a customer paid less."""

    BANK_FEE = "bank_fee"
    DISCOUNT_LATE = "discount_late"
    DISPUTE = "dispute"
    TAX_WITHHELD = "tax_withheld"
    TOLERANCE = "tolerance"
    OTHER = "other"


CODE_LABELS: Mapping[DeductionCode, str] = {
    DeductionCode.BANK_FEE: "Bank fee",
    DeductionCode.DISCOUNT_LATE: "Discount taken late",
    DeductionCode.DISPUTE: "Dispute",
    DeductionCode.TAX_WITHHELD: "Tax withheld",
    DeductionCode.TOLERANCE: "Small difference",
    DeductionCode.OTHER: "Other",
}
NEEDS_WORDS = frozenset({DeductionCode.DISPUTE, DeductionCode.OTHER})


class DeductionState(enum.StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    UNDONE = "undone"


class RefundState(enum.StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPORTED = "exported"
    PAID = "paid"
    RETURNED = "returned"  # the bank sent it back


class FourEyes(RuleError):
    """Who asked for this cannot approve it. Another person has to."""


def require_other_person(proposed_by: str, actor: str) -> None:
    """Raises FourEyes."""
    if proposed_by == actor:
        raise FourEyes


@dataclass(frozen=True, slots=True)
class Policy:
    """What is let go without a second person: at most `amount` minor units of `currency` and `percent` of the whole."""

    amount: int
    percent: Decimal
    currency: str
    codes: Collection[DeductionCode]

    def allows(self, amount: int, *, of: int, currency: str, code: DeductionCode) -> bool:
        """Whether so much of an instalment of `of` may go; in another currency nothing may."""
        is_small = amount <= self.amount and amount * 100 <= of * self.percent
        return is_small and currency == self.currency and code in self.codes


class TaxShare(NamedTuple):
    """A row of a tax breakdown and the part of an amount that falls on it; minor units."""

    row: int
    net: int
    tax: int


def split_by_tax(amount: int, breakdown: Sequence[tuple[int, int]]) -> list[TaxShare]:
    """A gross amount over the (net, tax) rows of an invoice, in proportion; the parts add up to it exactly."""
    shares = []
    for row, (part, (net, tax)) in enumerate(
        zip(apportion(amount, [net + tax for net, tax in breakdown]), breakdown, strict=True)
    ):
        if part:
            shares.append(TaxShare(row, *apportion(part, [net, tax])))
    return shares
