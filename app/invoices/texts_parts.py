"""Knows the words of documents that are part of something: deposits, partial and final invoices, credits in part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PartTexts:
    """The texts of one language; `$name` places are filled in."""

    partial: str
    final: str
    later: str
    deposit: str
    pro_forma: str
    pro_forma_number: str
    deposit_line: str
    deducted: str
    deduction: str
    credited: str
    reduces: str
    replaces: str
    rest: str
    pro_forma_remark: str
    pro_forma_sentence: str
    all_credited: str  # in the mail of an invoice that is credited in full
    nothing_due: str
    draft: str  # across the page of one that is not issued


PART_TEXTS: Mapping[str, PartTexts] = {
    "en": PartTexts(
        partial="Partial invoice",
        final="Final invoice",
        later="Remaining invoice",
        deposit="Deposit invoice",
        pro_forma="Pro forma invoice",
        pro_forma_number="Pro forma no.",
        deposit_line="Deposit on order $order",
        deducted="Less deposit $number of $day",
        deduction="net $net, $tax, gross $gross",
        credited="Credit on $number",
        reduces="This credit note reduces invoice $number of $day. Reason: $reason",
        rest="Rounding of earlier parts",
        replaces="Replaces invoice $number of $day.",
        pro_forma_remark="This is not an invoice: it has no number, and no VAT can be deducted on it.",
        pro_forma_sentence="Nothing is to be paid on this document: the invoice follows.",
        all_credited="Credit note $number cancels this invoice: nothing is to be paid on it.",
        nothing_due="Nothing is to be paid.",
        draft="DRAFT",
    ),
    "de": PartTexts(
        partial="Teilrechnung",
        final="Schlussrechnung",
        later="Restrechnung",
        deposit="Anzahlungsrechnung",
        pro_forma="Proforma-Rechnung",
        pro_forma_number="Proforma-Nr.",
        deposit_line="Anzahlung auf Auftrag $order",
        deducted="Abzüglich Anzahlung $number vom $day",
        deduction="netto $net, $tax, brutto $gross",
        credited="Gutschrift zu $number",
        reduces="Diese Korrektur mindert die Rechnung $number vom $day. Grund: $reason",
        rest="Rundung früherer Teile",
        replaces="Ersetzt die Rechnung $number vom $day.",
        pro_forma_remark="Dies ist keine Rechnung: ohne Nummer, ohne Vorsteuerabzug.",
        pro_forma_sentence="Auf dieses Dokument ist nichts zu zahlen: die Rechnung folgt.",
        all_credited="Diese Rechnung ist mit $number vollständig storniert: Es ist nichts zu zahlen.",
        nothing_due="Es ist nichts zu zahlen.",
        draft="ENTWURF",
    ),
    "fr": PartTexts(
        partial="Facture partielle",
        final="Facture de solde",
        later="Facture complémentaire",
        deposit="Facture d’acompte",
        pro_forma="Facture pro forma",
        pro_forma_number="N° de pro forma",
        deposit_line="Acompte sur la commande $order",
        deducted="Déduction de l’acompte $number du $day",
        deduction="HT $net, $tax, TTC $gross",
        credited="Avoir sur $number",
        reduces="Cet avoir réduit la facture $number du $day. Motif\u00a0: $reason",
        rest="Arrondi des parties précédentes",
        replaces="Remplace la facture $number du $day.",
        pro_forma_remark="Ceci n’est pas une facture\u00a0: sans numéro, elle n’ouvre pas droit à déduction de la TVA.",
        pro_forma_sentence="Rien n’est à payer sur ce document\u00a0: la facture suivra.",
        all_credited="Cette facture est annulée par l’avoir $number\u00a0: rien n’est à régler.",
        nothing_due="Rien n’est à payer.",
        draft="BROUILLON",
    ),
    "es": PartTexts(
        partial="Factura parcial",
        final="Factura final",
        later="Factura complementaria",
        deposit="Factura de anticipo",
        pro_forma="Factura proforma",
        pro_forma_number="N.º de proforma",
        deposit_line="Anticipo del pedido $order",
        deducted="Menos anticipo $number del $day",
        deduction="neto $net, $tax, total $gross",
        credited="Abono de $number",
        reduces="Este abono reduce la factura $number del $day. Motivo: $reason",
        rest="Redondeo de partes anteriores",
        replaces="Sustituye a la factura $number del $day.",
        pro_forma_remark="Esto no es una factura: no tiene número y no da derecho a deducir el IVA.",
        pro_forma_sentence="No hay nada que pagar por este documento: la factura seguirá.",
        all_credited="Esta factura queda anulada por la rectificativa $number: no hay nada que pagar.",
        nothing_due="No hay nada que pagar.",
        draft="BORRADOR",
    ),
    "pl": PartTexts(
        partial="Faktura częściowa",
        final="Faktura końcowa",
        later="Faktura uzupełniająca",
        deposit="Faktura zaliczkowa",
        pro_forma="Faktura pro forma",
        pro_forma_number="Nr pro formy",
        deposit_line="Zaliczka na zamówienie $order",
        deducted="Pomniejszono o zaliczkę $number z dnia $day",
        deduction="netto $net, $tax, brutto $gross",
        credited="Korekta do $number",
        reduces="Ta korekta zmniejsza fakturę $number z dnia $day. Przyczyna: $reason",
        rest="Zaokrąglenie wcześniejszych części",
        replaces="Zastępuje fakturę $number z dnia $day.",
        pro_forma_remark="To nie jest faktura: nie ma numeru i nie uprawnia do odliczenia VAT.",
        pro_forma_sentence="Na podstawie tego dokumentu nic nie trzeba płacić: faktura zostanie wystawiona.",
        all_credited="Ta faktura została w całości skorygowana dokumentem $number: nie ma nic do zapłaty.",
        nothing_due="Nie ma nic do zapłaty.",
        draft="SZKIC",
    ),
}


def part_texts_for(language: str) -> PartTexts:
    return PART_TEXTS.get(language, PART_TEXTS["en"])
