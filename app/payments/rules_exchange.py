"""Knows the realised exchange difference: what a settlement is worth when the money comes, less what was invoiced.

Both values are converted exactly and rounded once each. A gain is above 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.company.rules_rates import Rate


@dataclass(frozen=True, slots=True)
class Exchange:
    """A settlement in the company's currency, `base`; minor units. Without a rate of the payment nothing is guessed."""

    base: str
    currency: str
    received_on: date
    at_invoice: int
    at_payment: int | None

    @property
    def difference(self) -> int | None:
        return None if self.at_payment is None else self.at_payment - self.at_invoice


def compare(amount: int, *, invoiced: Rate, paid: Rate | None, received_on: date) -> Exchange:
    """The same minor units of a currency at the invoice's rate and at the payment's; a negative amount undoes."""
    at_payment = paid.to_base(amount) if paid else None
    return Exchange(invoiced.base, invoiced.currency, received_on, invoiced.to_base(amount), at_payment)
