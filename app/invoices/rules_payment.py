"""Knows to which account and with which reference a document is paid: decided once, read by paper, mail and XML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.invoices.rules_swiss import find_bill, wants_bill, write_reference


@dataclass(frozen=True)
class Payment:
    """Where the money goes and what is written with it, as machines and as people read it."""

    iban: str
    reference: str
    written: str


def is_nothing_due(snapshot: Mapping[str, Any]) -> bool:
    """Whether an invoice asks for no money: all of it is discounted, free, or deducted."""
    return snapshot["kind"] == "invoice" and not Decimal(snapshot["totals"]["amount_due"])


def decide_payment(snapshot: Mapping[str, Any]) -> dict[str, str]:
    """What the slip says where there is one, else the company's account and the number alone (`kind` is "")."""
    bill = find_bill(snapshot) if wants_bill(snapshot) else None
    if bill is None:
        return {"iban": snapshot["bank"]["iban"], "kind": "", "reference": ""}
    return {"iban": bill.iban, "kind": bill.kind, "reference": bill.reference}


def payment_of(snapshot: Mapping[str, Any], number: str) -> Payment:
    """As decided; documents of before it was decided said the company's account and their number."""
    said = snapshot.get("payment") or {"iban": snapshot["bank"]["iban"], "kind": "", "reference": ""}
    reference = said["reference"]
    return Payment(said["iban"], reference or number, write_reference(said["kind"], reference) or number)
