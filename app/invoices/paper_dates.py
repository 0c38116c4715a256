"""Knows which dates a document is to say: the first due date, the last day of an early discount, the day of supply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from app.invoices.paper_parts import is_pro_forma
from app.invoices.rules_payment import is_nothing_due
from app.invoices.texts_dates import date_texts_for
from app.kernel.errors import as_detail
from app.kernel.money import round_half_away, to_minor
from app.kernel.payment_terms import DiscountOn, parse_terms

LONG_AGO = 366
# Goods paid for in advance are invoiced some weeks before they leave; what is further off is rather a wrong year
LONG_AHEAD = 60
WITHOUT_SUPPLY = frozenset({"deposit", "pro_forma"})


@dataclass(frozen=True)
class Early:
    """What is paid instead of all that is owed, by which day; minor units."""

    until: date
    payable: int
    saving: int


def early_of(snapshot: Mapping[str, Any], credited: int = 0) -> Early | None:
    """The early discount of a document on what credit notes leave of it; None where there is none."""
    if (early := snapshot["early_discount"]) is None:
        return None
    currency = snapshot["currency"]
    saving = to_minor(Decimal(early["discount_net"]) + Decimal(early["discount_tax"]), currency)
    whole = to_minor(Decimal(early["payable"]), currency) + saving
    owed = whole - credited
    if credited and owed > 0:
        saving = round_half_away(owed * (_percent_of(snapshot["payment_terms"]) or Fraction(saving, whole)))
    return Early(date.fromisoformat(early["until"]), owed - saving, saving) if owed > 0 else None


def _percent_of(terms: str) -> Fraction | None:
    """The part of the gross that the terms say, where they do."""
    said = parse_terms(terms).early_discount if terms else None
    if said is None or said.percent is None or said.on is not DiscountOn.GROSS:
        return None
    return Fraction(said.percent) / 100


def promised_days(snapshot: Mapping[str, Any], which: str) -> dict[date, list[date]]:
    """A day on which banks work -> those without banks that moved to it; `which` is "due" or "until"."""
    found: dict[date, list[date]] = {}
    for promised, to in snapshot.get("banking_days", {}).get(which, {}).items():
        found.setdefault(date.fromisoformat(to), []).append(date.fromisoformat(promised))
    return found


def first_due(snapshot: Mapping[str, Any]) -> str:
    """The first due date of an invoice; nothing for a credit note, nor where nothing is owed, as on a pro forma."""
    if snapshot["kind"] != "invoice" or not snapshot["due_on"] or is_pro_forma(snapshot) or is_nothing_due(snapshot):
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


def say_far_supply(snapshot: Mapping[str, Any]) -> str:
    """What to look at where an invoice has a day of delivery so far off that it may be mistyped; else nothing."""
    if snapshot["kind"] != "invoice" or not snapshot["delivered_on"]:
        return ""
    delivered, issued = date.fromisoformat(snapshot["delivered_on"]), date.fromisoformat(snapshot["issued_on"])
    if (issued - delivered).days > LONG_AGO:
        return f"The delivery date {as_detail(delivered)} is more than a year before the invoice date."
    if (delivered - issued).days > LONG_AHEAD:
        return f"The delivery date {as_detail(delivered)} is more than {LONG_AHEAD} days after the invoice date."
    return ""


def supply_note(snapshot: Mapping[str, Any]) -> list[str]:
    """The sentence that stands in for the day of supply, which the law wants said."""
    return [date_texts_for(snapshot["language"]).supplied] if lacks_supply(snapshot) else []
