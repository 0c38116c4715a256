"""Knows which dates a document is to say: the first due date, and the day of supply where nobody wrote one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.invoices.paper_parts import is_pro_forma
from app.invoices.texts_dates import date_texts_for

WITHOUT_SUPPLY = frozenset({"deposit", "pro_forma"})


def first_due(snapshot: Mapping[str, Any]) -> str:
    """The first due date of an invoice; nothing for a credit note, nor for a pro forma, on which nothing is owed."""
    if snapshot["kind"] != "invoice" or not snapshot["due_on"] or is_pro_forma(snapshot):
        return ""
    return min((part["due_on"] for part in snapshot["instalments"]), default=str(snapshot["due_on"]))


def due_label(snapshot: Mapping[str, Any], plain: str) -> str:
    """What the first due date is called: others may follow."""
    return date_texts_for(snapshot["language"]).first_due if len(snapshot["instalments"]) > 1 else plain


def lacks_supply(snapshot: Mapping[str, Any]) -> bool:
    """Whether an invoice over a supply says no day of it, neither as a whole nor for each order."""
    scope = (snapshot.get("part") or {}).get("scope")
    if snapshot["kind"] != "invoice" or scope in WITHOUT_SUPPLY:
        return False
    if snapshot["delivered_on"] or snapshot.get("service_period"):
        return False
    return not all((line.get("order") or {}).get("delivered_on") for line in snapshot["lines"])


def supply_note(snapshot: Mapping[str, Any]) -> list[str]:
    """The sentence that stands in for the day of supply, which the law wants said."""
    return [date_texts_for(snapshot["language"]).supplied] if lacks_supply(snapshot) else []
