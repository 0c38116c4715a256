"""Knows the text of the European pay code (EPC069-12, version 002): what a banking app reads from the QR picture."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

LEAST, MOST = Decimal("0.01"), Decimal("999999999.99")
LONGEST_NAME = 70
LONGEST_REMITTANCE = 140


def epc_payload(snapshot: Mapping[str, Any]) -> str | None:
    """The code over the first instalment; None for other currencies, credit notes, or without an account."""
    bank, parts = snapshot["bank"], snapshot["instalments"]
    if snapshot["kind"] != "invoice" or snapshot["currency"] != "EUR" or not bank["iban"] or not parts:
        return None
    amount = Decimal(parts[0]["amount"])
    if not LEAST <= amount <= MOST:
        return None
    name = bank["account_holder"] or snapshot["seller"]["name"]
    lines = [
        "BCD", "002", "1", "SCT", bank["bic"], name[:LONGEST_NAME], bank["iban"].replace(" ", ""), f"EUR{amount:f}",
        "", "", snapshot["number"][:LONGEST_REMITTANCE],
    ]  # fmt: skip
    return "\n".join(lines)
