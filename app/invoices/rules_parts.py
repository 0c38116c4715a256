"""Knows how an amount is cut into parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from app.invoices.rules import TaxKey
from app.kernel.money import round_half_away
from app.kernel.quantities import canonical

TaxOf = Callable[[Sequence[int]], Mapping[TaxKey, int]]


def share_of(amount: int, part: Fraction) -> int:
    """That part of an amount in minor units."""
    return round_half_away(amount * part)


def most_within(quantity: Decimal, net: int, room: int) -> Decimal:
    """What of a quantity over `net` comes to at most `room`, in the decimals it was sold in."""
    if quantity <= 0 or net <= room:
        return max(quantity, Decimal(0))
    decimals = len(canonical(quantity).partition(".")[2])
    share = Fraction(quantity) * max(room, 0) / net
    return Decimal(share.numerator * 10**decimals // share.denominator).scaleb(-decimals)
