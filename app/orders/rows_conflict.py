"""Knows how two people's values of one order stand side by side: what is saved now, and what was typed."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, HiddenField

from app.orders.models import Order

LEFT_OUT = {"csrf_token", "version", "lines", "reason", "tax_of"}
Difference = tuple[str, str, str]  # label, saved now, yours


def compare_forms(stored: Any, typed: Any, order: Order) -> list[Difference]:
    """The fields in which a form filled from the order as it is now differs from what was typed."""
    found = [
        (field.label.text, _shown(stored._fields[name].data), _shown(field.data))
        for name, field in typed._fields.items()
        if name not in LEFT_OUT and _differs(stored._fields[name].data, field.data)
    ]
    now, mine = stored.by_line(order), typed.by_line(order)
    for line in order.lines:
        if line.id in now and line.id in mine:
            found += _compare_lines(line.item, now[line.id], mine[line.id])
    return found or [("Everything here", "as you see it below", "the same")]


def _compare_lines(item: str, now: Any, mine: Any) -> list[Difference]:
    return [
        (f"{item}: {field.label.text}", _shown(now._fields[name].data), _shown(field.data))
        for name, field in mine._fields.items()
        if not isinstance(field, HiddenField | BooleanField) and _differs(now._fields[name].data, field.data)
    ]


def _differs(now: Any, mine: Any) -> bool:
    return (now or None) != (mine or None)


def _shown(value: Any) -> str:
    return "empty" if value in (None, "") else f"{value:f}" if hasattr(value, "as_tuple") else str(value)
