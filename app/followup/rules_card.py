"""Knows how late a customer usually pays, and how a customer's card adds up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from app.kernel.money import round_half_away
from app.ledger.rules import Aging


class Settled(NamedTuple):
    """Money that settled an instalment, in minor units of one currency."""

    due_on: date
    paid_on: date
    amount: int


class LastPayment(NamedTuple):
    payment_id: int
    received_on: date
    currency: str
    amount: int


@dataclass
class Standing:
    """What a customer owes in one currency; minor units. `days_late` is None where nothing was settled lately."""

    currency: str
    aging: Aging = field(default_factory=Aging)
    oldest: int = 0  # days past due
    days_late: int | None = None
    payments: int = 0  # that `days_late` is told from
    disputed: int = 0  # of what is open


@dataclass(frozen=True)
class Card:
    """A customer's standing in every currency; the limit and its use are in the customer's own."""

    standings: Mapping[str, Standing]
    currency: str
    limit: int | None
    last: LastPayment | None

    @property
    def used(self) -> int:
        """How much of the limit receivables take: what is open less unapplied cash, never below 0."""
        mine = self.standings.get(self.currency)
        return max(mine.aging.receivable, 0) if mine else 0


def usual_days_late(settled: Iterable[Settled]) -> int | None:
    """Sum of (days from due to paid x amount paid) / sum of amounts paid, rounded; paid early counts below 0.

    So a large invoice weighs more than a small one. None where nothing was paid.
    """
    rows = list(settled)
    paid = sum(row.amount for row in rows)
    if paid <= 0:
        return None
    weighted = sum((row.paid_on - row.due_on).days * row.amount for row in rows)
    return round_half_away(Fraction(weighted, paid))
