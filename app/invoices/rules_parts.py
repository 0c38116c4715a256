"""Knows how an amount is cut into parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from app.invoices.rules import TaxKey
from app.kernel.money import round_half_away

TaxOf = Callable[[Sequence[int]], Mapping[TaxKey, int]]


def share_of(amount: int, part: Fraction) -> int:
    """That part of an amount in minor units."""
    return round_half_away(amount * part)
