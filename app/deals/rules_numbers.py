"""Knows which written numbers mean one thing only, in a file whose separator and other numbers are known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from app.kernel.errors import BadInput
from app.kernel.quantities import parse_decimal

MOST_DIGITS = 12
MOST_DECIMALS = 6
_SPACED = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u202f'’]\d{3})+(?:[.,]\d+)?")
_ENGLISH = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+|[+-]?\d{1,3}(?:,\d{3}){2,}")
_CONTINENTAL = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+|[+-]?\d{1,3}(?:\.\d{3}){2,}")
_COMMA = re.compile(r"[+-]?\d+,\d+")
_THOUSAND_OR_DECIMAL = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


class NumberAmbiguous(BadInput):
    """{text} can be read in two ways. Write {thousand} or {decimal}."""


class NumberWithComma(BadInput):
    """{text} has a decimal comma, which only files separated by semicolons may have. Write 1234.50."""


@dataclass(frozen=True)
class NumberStyle:
    """How a file writes numbers: whether a comma may be a decimal one, and whether some number proves that it is."""

    comma_allowed: bool = False
    comma_proven: bool = False
    is_typed: bool = False  # by a person, who writes no last zero that says nothing: ``1.500`` may be a thousand


def find_style(separator: str, cells: Iterable[str]) -> NumberStyle:
    """The style of a file with this separator and these number cells."""
    if separator == ",":
        return NumberStyle()
    return NumberStyle(True, any(_proves_comma(_closed_up(cell)) for cell in cells if "," in cell))


def parse_number(value: object, style: NumberStyle) -> Decimal:
    """The exact number. Raises BadInput: not a number, too long, or readable in two ways."""
    if not isinstance(value, str):
        return parse_decimal(value, digits=MOST_DIGITS, decimals=MOST_DECIMALS)
    plain = _plain(_closed_up(value.strip()), style, value)
    return parse_decimal(plain, digits=MOST_DIGITS, decimals=MOST_DECIMALS)


def _plain(text: str, style: NumberStyle, written: str) -> str:
    if _ENGLISH.fullmatch(text):
        return text.replace(",", "")
    if _CONTINENTAL.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    if _THOUSAND_OR_DECIMAL.fullmatch(text) and not _is_settled(text, style):
        whole, decimals = re.split("[.,]", text)
        said = decimals.rstrip("0")
        # a fourth decimal says that it is no group of thousands
        decimal = f"{whole}.{said}".rstrip(".") if said != decimals else f"{whole}.{decimals}0"
        raise NumberAmbiguous(text=repr(written)[:40], thousand=whole + decimals, decimal=decimal)
    if _COMMA.fullmatch(text):
        if not style.comma_allowed:
            raise NumberWithComma(text=repr(written)[:40])
        return text.replace(",", ".")
    return text


def _is_settled(text: str, style: NumberStyle) -> bool:
    """``1,234`` is a decimal only where commas are proven decimal; ``1.234`` only where they are not."""
    if "," in text:
        return style.comma_proven
    return not style.comma_proven and not (style.is_typed and text.endswith("0"))


def _proves_comma(text: str) -> bool:
    if _COMMA.fullmatch(text):
        return _THOUSAND_OR_DECIMAL.fullmatch(text) is None
    return "," in text and _CONTINENTAL.fullmatch(text) is not None


def _closed_up(text: str) -> str:
    return re.sub(r"[ \u00a0\u202f'’]", "", text) if _SPACED.fullmatch(text.strip()) else text.strip()
