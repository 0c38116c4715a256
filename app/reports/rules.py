"""Knows the receivables measures, with one formula each, and how their edges read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

SALES_DAYS = 90
ONE_DECIMAL = Decimal("0.1")


@dataclass(frozen=True)
class Position:
    """What one currency needs for its measures; all minor units.

    `open_total` and `not_due` are open instalments at the end of the day, `open_at_month_start` those at the end of the
    month before. `sales_90` and `sales_mtd` are gross less credit notes, in (d - 90, d] and in the month up to d.
    """

    open_total: int
    not_due: int
    open_at_month_start: int
    sales_90: int
    sales_mtd: int


def ratio_text(numerator: int | Fraction, denominator: int | Fraction) -> str | None:
    """A ratio with one decimal, half away from zero; None where there is no denominator."""
    if denominator == 0:
        return None
    exact = Fraction(numerator) / Fraction(denominator)
    tenths = abs(exact) * 10 + Fraction(1, 2)
    text = (Decimal(tenths.numerator // tenths.denominator) / 10).quantize(ONE_DECIMAL, ROUND_HALF_UP)
    return f"-{text}" if exact < 0 and text else str(text)


def dso(position: Position) -> str | None:
    """Days sales outstanding: open total / credit sales of 90 days x 90. No sales: None, not 0."""
    return _days(position.open_total, position.sales_90)


def bpdso(position: Position) -> str | None:
    """Best possible DSO: what is not due yet / credit sales of 90 days x 90."""
    return _days(position.not_due, position.sales_90)


def add(position: Position) -> str | None:
    """Average days delinquent: DSO - BPDSO, before either is rounded."""
    return _days(position.open_total - position.not_due, position.sales_90)


def cei(position: Position) -> str | None:
    """Collection effectiveness index of the month to date, in percent.

    (begin AR + credit sales - end total AR) / (begin AR + credit sales - end not-due AR) x 100.
    """
    collectible = position.open_at_month_start + position.sales_mtd
    return percent_text(collectible - position.open_total, collectible - position.not_due)


def past_due_percent(open_total: int, not_due: int) -> str | None:
    """Past due / open, 0 to 100."""
    return percent_text(open_total - not_due, open_total)


def percent_text(part: int, whole: int) -> str | None:
    """Part of a whole in percent, one decimal; None of nothing."""
    return ratio_text(part * 100, whole)


def change_text(now: int, before: int) -> str | None:
    """How much more or less than before, in percent with its sign; None where there was nothing before."""
    text = percent_text(now - before, before)
    return text if text is None or text.startswith("-") else f"+{text}"


def list_changes(
    stored: Mapping[str, object], current: Mapping[str, object], path: str = ""
) -> list[dict[str, object]]:
    """Every figure that reads differently now: its path, what the report said, what it would say."""
    changes: list[dict[str, object]] = []
    for key in sorted({*stored, *current}):
        was, now = stored.get(key), current.get(key)
        here = f"{path}.{key}" if path else key
        if isinstance(was, Mapping) or isinstance(now, Mapping):
            changes += list_changes(_mapping(was), _mapping(now), here)
        elif was != now:
            changes.append({"figure": here, "was": was, "now": now})
    return changes


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _days(amount: int, sales: int) -> str | None:
    return ratio_text(amount * SALES_DAYS, sales)
