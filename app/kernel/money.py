"""Knows money: whole minor units of one currency, rounded half away from zero, split without losing a unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from app.kernel.currencies import MINOR_DIGITS
from app.kernel.errors import BadInput

Number = int | Decimal | Fraction

# A minor amount is stored as a signed 64-bit integer.
MAX_MINOR = 10**18


class UnknownCurrency(BadInput):
    """{currency} is not a currency of ISO 4217. Write its three capital letters, like EUR."""


class TooManyDecimals(BadInput):
    """{amount} has more decimals than {currency} has ({digits})."""


class AmountOutOfRange(BadInput):
    """This amount is too large."""


@dataclass(frozen=True, slots=True)
class Money:
    """``amount`` minor units of ``currency``: ``Money(103500, "EUR")`` is 1035.00 euro."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise TypeError("money is a whole number of minor units")
        minor_digits(self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return f"{format_decimal(self.amount, self.currency)} {self.currency}"

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added or compared")
        return other.amount


def is_currency(code: object) -> bool:
    """Whether ``code`` is an ISO 4217 code, in capitals, that money can be counted in."""
    return isinstance(code, str) and code in MINOR_DIGITS


def minor_digits(currency: str) -> int:
    """How many decimals ``currency`` has: EUR 2, JPY 0, KWD 3, CLF 4; else UnknownCurrency."""
    try:
        return MINOR_DIGITS[currency]
    except (KeyError, TypeError):
        raise UnknownCurrency(currency=str(currency)[:20]) from None


def to_minor(amount: Decimal | int, currency: str) -> int:
    """Major units as exact minor units; refuses decimals the currency does not have and absurd sizes."""
    digits = minor_digits(currency)
    amount = Decimal(amount)
    if not amount.is_finite() or amount.adjusted() > 24:
        raise AmountOutOfRange
    # Fraction, because a Decimal product would be cut to the context's precision.
    minor = Fraction(amount) * _scale(digits)
    if minor.denominator != 1:
        raise TooManyDecimals(amount=f"{amount:f}"[:60], currency=currency, digits=digits)
    if abs(minor) > MAX_MINOR:
        raise AmountOutOfRange
    return minor.numerator


def round_half_away(value: Number) -> int:
    """The nearest whole number; a half goes away from zero, so a credit mirrors its invoice."""
    fraction = abs(Fraction(value))
    whole = (2 * fraction.numerator + fraction.denominator) // (2 * fraction.denominator)
    return whole if value >= 0 else -whole


def round_minor(amount: Decimal | Fraction, currency: str) -> int:
    """Major units as minor units, rounded half away from zero."""
    return round_half_away(Fraction(amount) * _scale(minor_digits(currency)))


def _scale(digits: int) -> int:
    return int(10**digits)


def to_decimal(minor: int, currency: str) -> Decimal:
    """Minor units as exact major units with the currency's decimals."""
    return Decimal(format_decimal(minor, currency))


def format_decimal(minor: int, currency: str) -> str:
    """Major units as plain text with exactly the currency's decimals: ``103500`` EUR is ``1035.00``."""
    digits = minor_digits(currency)
    sign, text = ("-" if minor < 0 else ""), str(abs(minor)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else sign + text


def write_money(minor: int, currency: str) -> str:
    """As sentences say it: ``103500`` EUR is ``1,035.00 EUR``."""
    return f"{Decimal(format_decimal(minor, currency)):,} {currency}"


def apportion(total: int, weights: Sequence[Number]) -> list[int]:
    """Split ``total`` in proportion to ``weights`` by largest remainder; parts always add up to ``total``.

    Weights that add up to zero share equally. Equal remainders are served from the front.
    """
    whole = sum((Fraction(weight) for weight in weights), Fraction(0))
    if not weights:
        if total:
            raise ValueError("nothing to split among")
        return []
    if whole == 0:
        return settle_quotas(total, [Fraction(total, len(weights))] * len(weights))
    return settle_quotas(total, [total * Fraction(weight) / whole for weight in weights])


def settle_quotas(total: int, quotas: Sequence[Fraction]) -> list[int]:
    """Whole parts next to the exact ``quotas`` that add up to ``total``: largest remainder first, then from the front.

    Negating everything negates the parts, so a credit note is split as its invoice was.
    """
    if total < 0:
        return [-part for part in settle_quotas(-total, [-quota for quota in quotas])]
    parts = [quota.numerator // quota.denominator for quota in quotas]
    missing = total - sum(parts)
    if not parts:
        return parts
    everyone, some = divmod(missing, len(parts))
    by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - quotas[i])
    for place, i in enumerate(by_remainder):
        parts[i] += everyone + (1 if place < some else 0)
    return parts
