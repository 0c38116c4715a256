"""Knows the answer: every amount of a document in minor units, and its one JSON spelling."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.kernel.money import format_decimal
from app.kernel.quantities import canonical


@dataclass(frozen=True, slots=True)
class ComputedLine:
    """``net + tax == gross``; in document rounding ``tax`` is the line's share of each tax of the lines."""

    net: int
    tax: int
    gross: int


@dataclass(frozen=True, slots=True)
class TaxRow:
    """One row of the tax breakdown (EN 16931 BG-23): a percentage ``rate``, or an ``amount`` per unit."""

    name: str
    category: str
    rate: Decimal | None
    amount: Decimal | None
    base: int
    tax: int


@dataclass(frozen=True, slots=True)
class ComputedInstalment:
    due_on: date
    amount: int


@dataclass(frozen=True, slots=True)
class ComputedDiscount:
    """``payable`` instead of the gross total when paid by ``until``; the discount is its net and tax parts."""

    until: date
    payable: int
    discount_net: int
    discount_tax: int


@dataclass(frozen=True, slots=True)
class Moved:
    """Dates that left days without banks, as (promised, moved): by which rule, and whose calendar."""

    move: str
    calendar: str
    due: tuple[tuple[date, date], ...]
    until: tuple[tuple[date, date], ...]

    def as_json(self) -> dict[str, Any]:
        moves = {"due": self.due, "until": self.until}
        texts = {name: {day.isoformat(): to.isoformat() for day, to in pairs} for name, pairs in moves.items()}
        return {"move": self.move, "calendar": self.calendar, **texts}


@dataclass(frozen=True, slots=True)
class Computed:
    """All amounts in minor units of ``currency``.

    ``allowances`` and ``charges`` are the net amounts of the document's entries, in their order.
    ``amount_due == gross_total - prepaid + rounding`` and the instalments add up to it.
    """

    currency: str
    lines: tuple[ComputedLine, ...]
    tax_breakdown: tuple[TaxRow, ...]
    allowances: tuple[int, ...]
    charges: tuple[int, ...]
    line_total: int
    net_total: int
    tax_total: int
    gross_total: int
    rounding: int
    prepaid: int
    amount_due: int
    instalments: tuple[ComputedInstalment, ...]
    early_discount: ComputedDiscount | None
    moved: Moved | None = None  # None: dates are as the terms say

    @property
    def allowance_total(self) -> int:
        return sum(self.allowances)

    @property
    def charge_total(self) -> int:
        return sum(self.charges)

    def as_json(self) -> dict[str, Any]:
        """Amounts as decimal strings with the currency's decimals, dates as ISO 8601."""

        def text(minor: int) -> str:
            return format_decimal(minor, self.currency)

        totals = ("line_total", "allowance_total", "charge_total", "net_total", "tax_total", "gross_total")
        return {
            "currency": self.currency,
            "lines": [{"net": text(line.net), "tax": text(line.tax), "gross": text(line.gross)} for line in self.lines],
            "tax_breakdown": [_row_json(row, self.currency) for row in self.tax_breakdown],
            **{name: text(getattr(self, name)) for name in (*totals, "rounding", "prepaid", "amount_due")},
            "instalments": [
                {"due_on": instalment.due_on.isoformat(), "amount": text(instalment.amount)}
                for instalment in self.instalments
            ],
            "early_discount": self.early_discount and _discount_json(self.early_discount, self.currency),
        }


def _row_json(row: TaxRow, currency: str) -> dict[str, Any]:
    size: dict[str, Any] = {"rate": None if row.rate is None else canonical(row.rate)}
    if row.amount is not None:
        size["amount"] = canonical(row.amount)
    amounts = {"base": format_decimal(row.base, currency), "tax": format_decimal(row.tax, currency)}
    return {"name": row.name, "category": row.category, **size, **amounts}


def _discount_json(discount: ComputedDiscount, currency: str) -> dict[str, Any]:
    amounts = {name: getattr(discount, name) for name in ("payable", "discount_net", "discount_tax")}
    return {
        "until": discount.until.isoformat(),
        **{name: format_decimal(minor, currency) for name, minor in amounts.items()},
    }
