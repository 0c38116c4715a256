"""Knows what a reminder's letter holds, as plain JSON, and which claim its pay code is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from app.followup.rules import ListedItem, PlannedNotice
from app.invoices.rules_payment import decide_payment
from app.kernel.money import format_decimal

SHAPE = 2  # 2: where it is paid to, as on invoices
MOST_ITEMS = 500  # longer letters take too long to lay out; the mail has all of them
LONGEST_REMITTANCE = 140
PAY_WITHIN = timedelta(days=7)

# (invoice, position of the instalment) -> the invoice's date and the instalment's amount in minor units
Billed = Mapping[tuple[int, int], tuple[date, int]]


def pay_by(on: date) -> date:
    """The day by which a reminder of that date wants the money."""
    return on + PAY_WITHIN


def list_sections(notices: Sequence[PlannedNotice], billed: Billed) -> list[dict[str, Any]]:
    """What is overdue, by currency; amounts in major units."""
    return [
        {
            "currency": notice.currency,
            "total": format_decimal(notice.amount, notice.currency),
            "items": [_item(listed, notice.currency, billed) for listed in notice.items],
        }
        for notice in notices
    ]


def claim_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """The first section as pay codes read an invoice: what is paid, to whom, by whom, and what to write with it."""
    first, *others = content["sections"]
    in_euro = next((section for section in others if section["currency"] == "EUR"), None)
    section = in_euro if in_euro and first["currency"] != "EUR" else first
    parts = {name: content[name] for name in ("language", "seller", "bank", "buyer")}
    numbers = [item["number"] for item in section["items"]]
    claim = {
        **parts,
        "kind": "invoice",
        "currency": section["currency"],
        "number": join_numbers(numbers),
        "instalments": [{"amount": section["total"]}],
    }
    return claim | ({"payment": decide_payment(claim)} if content["shape"] > 1 else {})


def list_numbers(content: Mapping[str, Any]) -> list[str]:
    """The number of each invoice, as often as it is listed."""
    return [item["number"] for section in content["sections"] for item in section["items"]]


def join_numbers(numbers: Sequence[str]) -> str:
    """As many whole numbers as a remittance information holds, each once."""
    text = ""
    for number in dict.fromkeys(numbers):
        longer = f"{text} {number}".strip()
        if len(longer) > LONGEST_REMITTANCE:
            break
        text = longer
    return text


def _item(listed: ListedItem, currency: str, billed: Billed) -> dict[str, Any]:
    item = listed.item
    issued_on, amount = billed.get((item.invoice_id, item.instalment), (None, item.open))
    several = sum(invoice_id == item.invoice_id for invoice_id, _position in billed)
    return {
        **({"part": {"position": item.instalment, "of": several}} if several > 1 else {}),
        "issued_on": issued_on.isoformat() if issued_on else "",
        "amount": format_decimal(amount, currency),
        "settled": format_decimal(amount - item.open, currency),
        "number": item.number,
        "due_on": item.due_on.isoformat(),
        "days": item.days_past_due,
        "level": listed.level,
        "open": format_decimal(item.open, currency),
    }
