"""Knows why invoices are credited: the codes, and their words on screen and in each language of the document."""

from __future__ import annotations

import enum
from collections.abc import Mapping


class CreditReason(enum.StrEnum):
    """Why something is credited."""

    RETURNED = "goods_returned"
    PRICE = "price_lower"
    WRONG = "wrong_invoice"
    SHORT = "quantity_short"
    GOODWILL = "goodwill"
    CANCELLED = "cancelled"
    OTHER = "other"  # says it in words only


_R = CreditReason

REASONS: Mapping[str, Mapping[CreditReason, str]] = {
    "en": {
        _R.RETURNED: "Goods returned",
        _R.PRICE: "Lower price agreed",
        _R.WRONG: "Wrong invoice",
        _R.SHORT: "Quantity short",
        _R.GOODWILL: "Goodwill",
        _R.CANCELLED: "Cancelled",
        _R.OTHER: "",
    },
    "de": {
        _R.RETURNED: "Ware zurückgegeben",
        _R.PRICE: "Niedrigerer Preis vereinbart",
        _R.WRONG: "Fehlerhafte Rechnung",
        _R.SHORT: "Mindermenge",
        _R.GOODWILL: "Kulanz",
        _R.CANCELLED: "Storniert",
        _R.OTHER: "",
    },
    "fr": {
        _R.RETURNED: "Marchandise retournée",
        _R.PRICE: "Prix inférieur convenu",
        _R.WRONG: "Facture erronée",
        _R.SHORT: "Quantité manquante",
        _R.GOODWILL: "Geste commercial",
        _R.CANCELLED: "Annulé",
        _R.OTHER: "",
    },
    "es": {
        _R.RETURNED: "Mercancía devuelta",
        _R.PRICE: "Precio inferior acordado",
        _R.WRONG: "Factura errónea",
        _R.SHORT: "Cantidad insuficiente",
        _R.GOODWILL: "Atención comercial",
        _R.CANCELLED: "Cancelado",
        _R.OTHER: "",
    },
    "pl": {
        _R.RETURNED: "Zwrot towaru",
        _R.PRICE: "Uzgodniona niższa cena",
        _R.WRONG: "Błędna faktura",
        _R.SHORT: "Brak ilościowy",
        _R.GOODWILL: "Rabat uznaniowy",
        _R.CANCELLED: "Anulowano",
        _R.OTHER: "",
    },
}


def say_reason(code: CreditReason, words: str, language: str) -> str:
    """What the document gives as the reason: the code's words, and those a person added."""
    known = REASONS.get(language, REASONS["en"])[code]
    return ": ".join(part for part in (known, words) if part)


def reason_on_screen(code: str, said: str, language: str) -> str:
    """The reason a document gives in its language, with the code's words in English; a person's own stay."""
    if code not in set(CreditReason):
        return said
    words = said.removeprefix(say_reason(CreditReason(code), "", language)).removeprefix(": ")
    return say_reason(CreditReason(code), words, "en")
