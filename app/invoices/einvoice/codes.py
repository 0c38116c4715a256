"""Knows the codes of EN 16931 for what people write in words: units, reasons, means of payment, specifications."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from app.kernel.einvoices import EinvoiceFormat


class Syntax(enum.StrEnum):
    CII = "cii"
    UBL = "ubl"


EN16931 = "urn:cen.eu:en16931:2017"
XRECHNUNG_3 = f"{EN16931}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
PEPPOL_3 = f"{EN16931}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
BILLING = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"  # BT-23
INVOICE, CREDIT_NOTE, DEPOSIT_INVOICE = "380", "381", "386"  # BT-3, UNTDID 1001
# format -> the syntax it is delivered in, with its specification (BT-24); the other syntax is plain EN 16931
SPECIFICATIONS: Mapping[str, tuple[Syntax, str]] = {
    EinvoiceFormat.FACTUR_X: (Syntax.CII, EN16931),
    EinvoiceFormat.XRECHNUNG_CII: (Syntax.CII, XRECHNUNG_3),
    EinvoiceFormat.XRECHNUNG_UBL: (Syntax.UBL, XRECHNUNG_3),
    EinvoiceFormat.PEPPOL: (Syntax.UBL, PEPPOL_3),
}


def specification_of(wanted: str, syntax: Syntax) -> str:
    """BT-24 of a document in this syntax for a customer who wants that format."""
    own, specification = SPECIFICATIONS[wanted]
    return specification if own is syntax else EN16931


# BT-130: UN/ECE Recommendation 20, by what people write
_UNITS = {
    "C62": "c62 one unit units item items stk stück stueck piece pieces pc pcs ea each licence license seat user szt",
    "HUR": "hur h hr hrs hour hours std stunde stunden",
    "DAY": "day days d tag tage pt manday",
    "WEE": "wee week weeks woche wochen",
    "MON": "mon month months monat monate mo",
    "ANN": "ann year years jahr jahre yr",
    "MIN": "min minute minutes minuten",
    "KGM": "kgm kg kilogram kilo",
    "GRM": "grm g gram",
    "TNE": "tne t ton tonne tonnes",
    "MTR": "mtr m metre meter metres meters lfm",
    "KMT": "kmt km kilometre",
    "CMT": "cmt cm",
    "MMT": "mmt mm",
    "MTK": "mtk m2 m² qm sqm",
    "MTQ": "mtq m3 m³ cbm",
    "LTR": "ltr l litre liter litres",
    "KWH": "kwh",
    "SET": "set sets satz",
    "PR": "pr pair pairs paar",
    "XBX": "xbx box boxes karton",
    "XPK": "xpk package packages pack packs paket pakete",
    "XPX": "xpx pallet pallets palette paletten",
    "LS": "ls flat lump lumpsum pauschal pauschale",
}
UNITS = {word: code for code, words in _UNITS.items() for word in words.split()}
MUTUALLY_AGREED = "ZZ"

# BT-121, by category; E has many reasons, so its words must do
EXEMPTION_CODES = {"AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", "O": "VATEX-EU-O"}
DISCOUNT = "95"  # UNTDID 5189


def unit_code(unit: str) -> str:
    """The code of a unit; what nobody agreed a code for is ZZ, and its word goes along as a note."""
    word = unit.strip().casefold().rstrip(".")
    return UNITS.get(word, MUTUALLY_AGREED) if word else "C62"


def payment_means(iban: str, currency: str) -> str:
    """BT-81: SEPA credit transfer, another credit transfer, or nothing said."""
    if not iban:
        return "1"
    return "58" if currency == "EUR" else "30"
