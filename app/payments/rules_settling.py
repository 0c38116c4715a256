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


POLICY = "system:policy"  # who decides on what goes without a second person


class Gone(NamedTuple):
    """What policy let go before and what waits; minor units."""

    of_invoice: int = 0
    of_instalment: int = 0


def measure_gone(amounts: Mapping[tuple[int, int], int], invoice_id: int, instalment: int) -> Gone:
    """What a policy has to count for an instalment, out of amounts by invoice and instalment."""
    of_invoice = sum(amount for (one, _), amount in amounts.items() if one == invoice_id)
    return Gone(of_invoice, amounts.get((invoice_id, instalment), 0))


@dataclass(frozen=True, slots=True)
class Policy:
    """What is let go without a second person: `amount` minor units of an invoice, and `percent` of an instalment.

    Both in all: what is gone already counts, or whoever asks often enough needs nobody.
    """

    amount: int
    percent: Decimal
    currency: str
    codes: Collection[DeductionCode]

    def allows(self, amount: int, *, gone: Gone, of: int, currency: str, code: DeductionCode) -> bool:
        """Whether so much more of an instalment of `of` may go; in another currency nothing may."""
        is_small = amount + gone.of_invoice <= self.amount
        is_small = is_small and (amount + gone.of_instalment) * 100 <= of * self.percent
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
