"""Knows how an amendment reads: each value before and after, the change in money, and what may be done with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.kernel.texts import label_of
from app.orders.models import Order
from app.orders.models_amendments import OrderAmendment
from app.orders.rules_amend import DAYS, read_value
from app.web.filters import DASH, day, percent, price, quantity

NO_LABEL = {
    "cancelled_quantity": "Cancelled",
    "discount_percent": "Discount",
    "po_number": "Purchase order",
    "tax_reason": "Reason for no tax",
}


@dataclass(frozen=True)
class Difference:
    """One value of one line, or of the order itself, before and after."""

    what: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class AmendmentRow:
    """An amendment with its differences and the names of its people."""

    amendment: OrderAmendment
    differences: tuple[Difference, ...]
    proposer: str
    decider: str
    is_mine: bool

    @property
    def change(self) -> int:
        return self.amendment.net_after - self.amendment.net_before


def list_differences(amendment: OrderAmendment, order: Order) -> tuple[Difference, ...]:
    """What the amendment changes, the order's own values first."""
    return tuple(_differences(amendment.changes, order.currency))


def _differences(changes: dict[str, Any], currency: str) -> Iterator[Difference]:
    for name, (before, after) in changes["order"].items():
        yield Difference("Order", _label(name), before or DASH, after or DASH)
    for change in changes["lines"]:
        what = change["item"] if change["line_id"] else f"{change['item']} (new line)"
        for name, (before, after) in change["fields"].items():
            if name != "item":
                yield Difference(what, _label(name), _shown(name, before, currency), _shown(name, after, currency))


def _label(name: str) -> str:
    return NO_LABEL.get(name) or label_of(name)


def _shown(name: str, kept: str | None, currency: str) -> str:
    value = read_value(name, kept)
    if value in (None, ""):
        return DASH
    if name == "unit_price":
        return price(value, currency)
    if name == "discount_percent":
        return percent(value)
    return day(value) if name in DAYS else quantity(value) if name.endswith("quantity") else str(value)
