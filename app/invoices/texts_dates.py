"""Knows the words for when a document falls due in parts, and for a day of supply nobody wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class DateTexts:
    """The texts of one language."""

    first_due: str
    supplied: str


DATE_TEXTS: Mapping[str, DateTexts] = {
    "en": DateTexts("First due", "The day of supply is the invoice date."),
    "de": DateTexts("Erste Rate fällig", "Leistungsdatum entspricht Rechnungsdatum."),
    "fr": DateTexts("1re échéance", "La date de livraison est celle de la facture."),
    "es": DateTexts("Primer vencimiento", "La fecha de la operación es la de la factura."),
    "pl": DateTexts("Pierwszy termin", "Data dostawy jest datą wystawienia faktury."),
}


def date_texts_for(language: str) -> DateTexts:
    return DATE_TEXTS.get(language, DATE_TEXTS["en"])
