"""Knows how one percent tax of a line is written down, and which categories charge tax or need a reason for none."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.kernel.quantities import canonical

CATEGORIES = frozenset({"S", "Z", "E", "AE", "K", "G", "O"})  # EN 16931 BT-151
REASON_NEEDED = frozenset({"E", "AE", "K", "G", "O"})
# The law names the reason of these by itself; an exemption (E) or what is outside VAT (O) has a reason of its own
REASON_BY_LAW = frozenset({"AE", "K", "G"})
LONGEST_REASON = 300
OWN_REASON = REASON_NEEDED - REASON_BY_LAW


@dataclass(frozen=True, slots=True)
class SaidTax:
    """What a tax code says of a line in short: the rates of its parts added up, and what its first part is."""

    code: str
    rate: Decimal
    category: str
    reason: str


def percent_tax(name: str, rate: Decimal, category: str, reason: str = "") -> dict[str, Any]:
    """A tax as `invoices compute` takes it, plus the reason for a line without tax. Its name ends with its rate."""
    tax: dict[str, Any] = {
        "name": f"{name} {canonical(rate)}",
        "category": category,
        "kind": "percent",
        "rate": canonical(rate),
        "price_includes": False,
        "compounds": False,
    }
    return {**tax, "reason": reason} if reason else tax
