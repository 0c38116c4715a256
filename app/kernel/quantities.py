"""Knows exact decimals: how people and files write them, which are refused, and their one canonical text."""

from __future__ import annotations

import re
from decimal import Decimal

from app.kernel.errors import BadInput

MOST_DIGITS = 18
MOST_DECIMALS = 18
_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")


class NotANumber(BadInput):
    """{text} is not a plain number. Write digits with a point, like 12.50."""


class NumberTooLong(BadInput):
    """This number is too long: {digits} digits before the point and {decimals} after it are the most."""


def parse_decimal(
    value: object, field: str | None = None, *, digits: int = MOST_DIGITS, decimals: int = MOST_DECIMALS
) -> Decimal:
    """The exact number in ``value``: text with a decimal point, an int or a Decimal.

    Refuses floats (they are not exact), booleans, NaN, infinities, exponents, grouping and non-ASCII digits.
    """
    text = _plain_text(value)
    if text is None or _PLAIN.fullmatch(text) is None:
        raise NotANumber(field=field, text=repr(value)[:40])
    whole, _, fraction = text.lstrip("+-").partition(".")
    if len(whole.lstrip("0")) > digits or len(fraction.rstrip("0")) > decimals:
        raise NumberTooLong(field=field, digits=digits, decimals=decimals)
    return Decimal(text)


def _plain_text(value: object) -> str | None:
    if isinstance(value, str) and len(value) <= 100:
        return value.strip()
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return _bounded_text(value)
    return None


def _bounded_text(value: Decimal | int) -> str | None:
    # Asked before the text is built: 10**10**9 or Decimal("1E+999999") would fill the memory.
    if isinstance(value, int):
        return str(value) if value.bit_length() < 300 else None
    if not value.is_finite() or abs(value.adjusted()) > 100:
        return "0" if value.is_finite() and value.is_zero() else None
    return f"{value:f}"


def canonical(value: Decimal) -> str:
    """The shortest plain text of the same number: ``21``, ``5.5``, ``0``; never an exponent, never ``-0``."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
