"""Knows what entries in another currency are worth in the company's, so that what is settled comes to 0 to the cent.

A balance is converted as a whole, and an entry is worth what it changes of that: however an invoice is paid in parts,
the last part takes what rounding left. The whole of an invoice is worth what it says itself in the company's currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from app.company.rules_rates import Rate
from app.kernel.money import round_half_away


class Worth(NamedTuple):
    """Minor units of the company's currency, and the rate they follow from."""

    amount: int
    rate: Rate

    @property
    def number(self) -> Decimal:
        return self.rate.rate


class Said(NamedTuple):
    """What a document says it comes to, in its currency and in the company's: its taxes were rounded one by one."""

    total: int
    company_total: int


def follow(changes: Iterable[tuple[int, int]], rate: Rate, said: Said | None = None) -> Iterator[tuple[int, Worth]]:
    """Positions and amounts of one balance from its beginning -> what each is worth."""
    balance = worth = 0
    for position, amount in changes:
        before, balance = worth, balance + amount
        worth = _convert(balance, rate, said)
        yield position, Worth(worth - before, rate)


def _convert(balance: int, rate: Rate, said: Said | None) -> int:
    if said is None or not said.total:
        return rate.to_base(balance)
    return round_half_away(Fraction(balance * said.company_total, said.total))


def share(total: int, amounts: Sequence[int], rate: Rate, *, rest: int) -> list[int]:
    """Each amount converted and rounded once; the one at `rest` takes what is left of the total."""
    worths = [rate.to_base(amount) for amount in amounts]
    worths[rest] += total - sum(worths)
    return worths
