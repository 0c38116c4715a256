"""Knows exchange rates: their direction, how old one may be, how an amount is converted exactly, and when one lacks.

A rate says how many units of the currency one unit of the base is: 1 EUR = 1.0834 USD.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from app.kernel.errors import BadInput
from app.kernel.money import minor_digits, round_minor
from app.kernel.quantities import parse_decimal

MOST_DAYS_OLD = 7  # over Easter and the turn of the year no rates are published for up to five days
RATE_DIGITS, RATE_DECIMALS = 8, 10
PIVOT = "EUR"
_STEP = Decimal(1).scaleb(-RATE_DECIMALS)


class RateNotPositive(BadInput):
    """A rate is above 0, such as 1.0834: so many units of the other currency for one of ours."""


class RateMissing(BadInput):
    """No {currency} rate for {on}: enter one under Settings, Exchange rates."""


@dataclass(frozen=True, slots=True)
class Rate:
    """1 `base` = `rate` `currency`, as of `rated_on`."""

    base: str
    currency: str
    rate: Decimal
    rated_on: date
    source: str

    def to_base(self, minor: int) -> int:
        """Minor units of `currency` as minor units of `base`: divided exactly, rounded once, half away from zero."""
        exact = Fraction(minor, 10 ** minor_digits(self.currency)) / Fraction(self.rate)
        return round_minor(exact, self.base)


def parse_rate(value: object, field: str = "rate") -> Decimal:
    """An exact rate above 0. Raises BadInput naming the field."""
    rate = parse_decimal(value, field, digits=RATE_DIGITS, decimals=RATE_DECIMALS)
    if rate <= 0:
        raise RateNotPositive(field=field)
    return rate


def cross(currency: Decimal, base: Decimal) -> Decimal:
    """From two rates against the euro the one between them, to ten decimals; what it is rounded to is what counts."""
    # precision for 8 digits before and 10 after the point on both sides, with room for the rounding
    return Context(prec=40).divide(currency, base).quantize(_STEP, ROUND_HALF_UP)
