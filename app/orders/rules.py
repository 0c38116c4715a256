"""Knows how the tax of a deal's line is written on an order, and what an order's lines add up to, net and with tax."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

from app.kernel.money import round_half_away, round_minor
from app.kernel.taxes import percent_tax


def build_taxes(rate: Decimal, category: str, reason: str = "") -> list[dict[str, Any]]:
    """The taxes of a line as `invoices compute` takes them, plus the reason for a line without tax."""
    return [percent_tax("VAT", rate, category, reason)]


def line_net(quantity: Decimal, unit_price: Decimal, discount_percent: Decimal, currency: str) -> int:
    """Minor units of the line: quantity x price less discount, rounded half away from zero."""
    factor = 1 - Fraction(discount_percent) / 100
    return round_minor(Fraction(quantity) * Fraction(unit_price) * factor, currency)


class TaxedLine(Protocol):
    """What is read of a line."""

    @property
    def standing(self) -> Decimal: ...
    @property
    def unit_price(self) -> Decimal: ...
    @property
    def discount_percent(self) -> Decimal: ...
    @property
    def taxes(self) -> Sequence[Mapping[str, Any]]: ...


def gross_of(lines: Iterable[TaxedLine], currency: str) -> int:
    """What the lines are worth with tax, in minor units."""
    return add_taxes(
        (line_net(line.standing, line.unit_price, line.discount_percent, currency), line.taxes) for line in lines
    )


def add_taxes(lines: Iterable[tuple[int, Sequence[Mapping[str, Any]]]]) -> int:
    """Nets and their taxes added up; each tax is rounded once over all its lines, as one invoice of them would."""
    net, bases = 0, defaultdict[tuple[str, str], int](int)
    for amount, taxes in lines:
        net += amount
        for tax in taxes:
            if not tax.get("price_includes"):
                bases[tax["name"], tax.get("rate") or "0"] += amount
    return net + sum(round_half_away(base * Fraction(rate) / 100) for (_name, rate), base in bases.items())
