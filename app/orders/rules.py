"""Knows how the tax of a deal's line is written on an order, and what an order's lines add up to."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from app.kernel.money import round_minor
from app.kernel.quantities import canonical


def build_taxes(rate: Decimal, category: str, reason: str = "") -> list[dict[str, Any]]:
    """The taxes of a line as `invoices compute` takes them, plus the reason for a line without tax."""
    tax: dict[str, Any] = {
        "name": f"VAT {canonical(rate)}",
        "category": category,
        "kind": "percent",
        "rate": canonical(rate),
        "price_includes": False,
        "compounds": False,
    }
    return [{**tax, "reason": reason}] if reason else [tax]


def line_net(quantity: Decimal, unit_price: Decimal, discount_percent: Decimal, currency: str) -> int:
    """Minor units of the line: quantity x price less discount, rounded half away from zero."""
    factor = 1 - Fraction(discount_percent) / 100
    return round_minor(Fraction(quantity) * Fraction(unit_price) * factor, currency)
