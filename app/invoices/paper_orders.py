"""Knows how a document says which period and which orders it covers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Template
from typing import Any

from app.invoices.texts_orders import cover_texts_for

Day = Callable[[str], str]


def service_period(snapshot: Mapping[str, Any], day: Day) -> tuple[str, str]:
    """The label and the days it is for; nothing where it is for no period."""
    label, said = cover_texts_for(snapshot["language"]).service_period, snapshot.get("service_period")
    return (label, f"{day(said['from'])} – {day(said['until'])}" if said else "")


def list_headings(snapshot: Mapping[str, Any], day: Day) -> list[str]:
    """One for each line: the heading above it where its order begins, else nothing."""
    headings, before = [], None
    for line in snapshot["lines"]:
        order = line.get("order")
        headings.append(_heading(order, snapshot["language"], day) if order and order != before else "")
        before = order
    return headings


def _heading(order: Mapping[str, Any], language: str, day: Day) -> str:
    """Its number, the customer's own, the day of delivery."""
    texts = cover_texts_for(language)
    delivered = day(order["delivered_on"]) if order["delivered_on"] else ""
    said = (
        (texts.order, "number", order["number"]),
        (texts.po_number, "number", order["po_number"]),
        (texts.delivered, "day", delivered),
    )
    return " · ".join(Template(text).substitute({name: value}) for text, name, value in said if value)
