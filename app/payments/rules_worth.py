"""Knows what entries in another currency are worth in the company's, so that what is settled comes to 0 to the cent.

A balance is converted as a whole, and an entry is worth what it changes of that: however an invoice is paid in parts,
the last part takes what rounding left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from app.company.rules_rates import Rate


class Worth(NamedTuple):
    """Minor units of the company's currency, and the rate they follow from."""

    amount: int
    rate: Rate

    @property
    def number(self) -> Decimal:
        return self.rate.rate


def follow(changes: Iterable[tuple[int, int]], rate: Rate) -> Iterator[tuple[int, Worth]]:
    """Positions and amounts of one balance from its beginning -> what each is worth."""
    balance = 0
    for position, amount in changes:
        before, balance = rate.to_base(balance), balance + amount
        yield position, Worth(rate.to_base(balance) - before, rate)


def share(total: int, amounts: Sequence[int], rate: Rate, *, rest: int) -> list[int]:
    """Each amount converted and rounded once; the one at `rest` takes what is left of the total."""
    worths = [rate.to_base(amount) for amount in amounts]
    worths[rest] += total - sum(worths)
    return worths
