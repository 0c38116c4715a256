"""Knows the realised exchange difference: what a settlement is worth when the money comes, less what was invoiced.

A gain is above 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


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
