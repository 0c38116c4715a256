"""Knows the words of a Swiss QR-bill, which may be German, French, Italian or English and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class BillTexts:
    """The prescribed words, as the style guide has them."""

    payment_part: str
    receipt: str
    account: str
    reference: str
    message: str
    payable_by: str
    payable_by_blank: str
    currency: str
    amount: str
    acceptance: str
    separate: str


LANGUAGES: Mapping[str, BillTexts] = {
    "de": BillTexts(
        "Zahlteil", "Empfangsschein", "Konto / Zahlbar an", "Referenz", "Zusätzliche Informationen", "Zahlbar durch",
        "Zahlbar durch (Name/Adresse)", "Währung", "Betrag", "Annahmestelle", "Vor der Einzahlung abzutrennen",
    ),
    "fr": BillTexts(
        "Section paiement", "Récépissé", "Compte / Payable à", "Référence", "Informations supplémentaires",
        "Payable par", "Payable par (nom/adresse)", "Monnaie", "Montant", "Point de dépôt",
        "A détacher avant le versement",
    ),
    "it": BillTexts(
        "Sezione pagamento", "Ricevuta", "Conto / Pagabile a", "Riferimento", "Informazioni supplementari",
        "Pagabile da", "Pagabile da (nome/indirizzo)", "Valuta", "Importo", "Punto di accettazione",
        "Da staccare prima del versamento",
    ),
    "en": BillTexts(
        "Payment part", "Receipt", "Account / Payable to", "Reference", "Additional information", "Payable by",
        "Payable by (name/address)", "Currency", "Amount", "Acceptance point", "Separate before paying in",
    ),
}  # fmt: skip


def bill_texts_for(language: str) -> BillTexts:
    """The document's language where a QR-bill may have it, else English."""
    return LANGUAGES.get(language, LANGUAGES["en"])
