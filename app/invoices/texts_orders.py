"""Knows the words for what a document covers: a period of service, and each of several orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class CoverTexts:
    """The texts of one language; `$name` places are filled in."""

    service_period: str
    order: str
    po_number: str
    delivered: str


COVER_TEXTS: Mapping[str, CoverTexts] = {
    "en": CoverTexts("Service period", "Order $number", "your order $number", "delivered $day"),
    "de": CoverTexts("Leistungszeitraum", "Auftrag $number", "Ihre Bestellung $number", "geliefert am $day"),
    "fr": CoverTexts("Période", "Commande $number", "votre commande $number", "livrée le $day"),
    "es": CoverTexts("Periodo", "Pedido $number", "su pedido $number", "entregado el $day"),
    "pl": CoverTexts("Okres", "Zamówienie $number", "Państwa zamówienie $number", "dostarczono $day"),
}


def cover_texts_for(language: str) -> CoverTexts:
    return COVER_TEXTS.get(language, COVER_TEXTS["en"])
