"""Knows how a bank's fee that a customer bears reads on an invoice, and what becomes of it."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple

from app.kernel.money import to_decimal


class ChargeState(enum.StrEnum):
    """Who bears a bank charge, and whether it was asked for."""

    OURS = "ours"
    TO_INVOICE = "to_invoice"
    DRAFTED = "drafted"
    INVOICED = "invoiced"
    TO_CREDIT = "to_credit"  # its payment stands after all, and an issued invoice still asks for it
    TAKEN_BACK = "taken_back"


def derive_invoiced(*, is_issued: bool, is_undone: bool, is_credited: bool) -> ChargeState:
    """Of a charge that an invoice asks for: once the bank took nothing after all, an issued one has to be credited."""
    if not is_issued:
        return ChargeState.DRAFTED
    if not is_undone:
        return ChargeState.INVOICED
    return ChargeState.TAKEN_BACK if is_credited else ChargeState.TO_CREDIT


def is_told(amount: int, states: Collection[ChargeState]) -> bool:
    """Whether a payment's charge is told: its taking back is not, where every other charge says it of itself."""
    return amount > 0 or not {*states} <= {ChargeState.TAKEN_BACK, ChargeState.TO_CREDIT}


class _Words(NamedTuple):
    fee: str
    reason: str


# What a customer owes for a debit that came back is damages: nothing was supplied, so no VAT is due (category O)
_WORDS: Mapping[str, _Words] = {
    "en": _Words("Bank fee for returned payment {number} of {day}", "Damages, outside the scope of VAT"),
    "de": _Words("Bankgebühr für zurückgegebene Zahlung {number} vom {day}", "Schadensersatz, nicht steuerbar"),
    "fr": _Words(
        "Frais bancaires du paiement rejeté {number} du {day}",
        "Dommages et intérêts, hors champ d’application de la TVA",
    ),
    "es": _Words("Gastos bancarios del pago devuelto {number} del {day}", "Indemnización, no sujeta al IVA"),
    "pl": _Words("Opłata bankowa za zwróconą płatność {number} z {day}", "Odszkodowanie, nie podlega VAT"),
}


def describe_fee(language: str, number: str, on: date) -> str:
    """The text of the invoice's line, in a language of documents."""
    return _WORDS[language].fee.format(number=number, day=on.isoformat())


def build_fee_line(language: str, number: str, on: date, amount: int, currency: str) -> dict[str, object]:
    """The line of an invoice that asks for `amount` minor units: once, and without VAT."""
    tax = {"name": "VAT", "category": "O", "rate": "0", "reason": _WORDS[language].reason}
    return {
        "position": 1,
        "description": describe_fee(language, number, on),
        "quantity": 1,
        "unit_price": to_decimal(amount, currency),
        "taxes": [tax],
    }
