"""Knows the e-invoice formats a customer may ask for, and the schemes of electronic addresses."""

import enum
from collections.abc import Mapping

from app.kernel.errors import BadInput
from app.kernel.texts import clean_line


class FormatUnknown(BadInput):
    """Choose an e-invoice format from the list."""


class SchemeMissing(BadInput):
    """Choose what kind of electronic address this is."""


class AddressMissing(BadInput):
    """Write the electronic address, or choose no kind for it."""


class MailingUnknown(BadInput):
    """Choose from the list what a mail carries."""


class NothingButPdf(BadInput):
    """Without an e-invoice a mail carries the PDF. Choose a format first."""


class EinvoiceFormat(enum.StrEnum):
    """What goes with the PDF: nothing, or the same invoice for machines."""

    NONE = "none"
    FACTUR_X = "factur-x"
    XRECHNUNG_CII = "xrechnung-cii"
    XRECHNUNG_UBL = "xrechnung-ubl"
    PEPPOL = "peppol"


FORMAT_NAMES: Mapping[str, str] = {
    EinvoiceFormat.FACTUR_X: "Factur-X / ZUGFeRD (inside the PDF)",
    EinvoiceFormat.XRECHNUNG_CII: "XRechnung (CII)",
    EinvoiceFormat.XRECHNUNG_UBL: "XRechnung (UBL)",
    EinvoiceFormat.PEPPOL: "Peppol BIS Billing",
    EinvoiceFormat.NONE: "PDF only",
}


class Mailing(enum.StrEnum):
    """What a mail with an invoice carries."""

    PDF = "pdf"  # with the XML inside, where there is one
    BOTH = "both"
    XML = "xml"


MAILING_NAMES: Mapping[str, str] = {
    Mailing.PDF: "the PDF",
    Mailing.BOTH: "the PDF and the XML",
    Mailing.XML: "the XML alone",
}
XRECHNUNG = frozenset({EinvoiceFormat.XRECHNUNG_CII, EinvoiceFormat.XRECHNUNG_UBL})

# Electronic address schemes (EAS) people meet; EM is plain e-mail, which Peppol does not know
ADDRESS_SCHEMES: Mapping[str, str] = {
    "EM": "E-mail",
    "0088": "GLN",
    "0060": "DUNS",
    "0002": "SIRENE (France)",
    "0007": "Organisation number (Sweden)",
    "0106": "KvK (Netherlands)",
    "0184": "CVR (Denmark)",
    "0190": "OIN (Netherlands)",
    "0192": "Organisation number (Norway)",
    "0204": "Leitweg-ID (Germany)",
    "0208": "Enterprise number (Belgium)",
    "0211": "Partita IVA (Italy)",
    "0216": "OVT (Finland)",
    "9914": "VAT id (Austria)",
    "9920": "VAT id (Spain)",
    "9925": "VAT id (Belgium)",
    "9930": "VAT id (Germany)",
    "9944": "VAT id (Netherlands)",
    "9945": "VAT id (Poland)",
    "9957": "VAT id (France)",
}


def check_format(value: str) -> str:
    """The format's word; who says none wants what everybody gets. Raises FormatUnknown."""
    if value and value not in FORMAT_NAMES:
        raise FormatUnknown(field="einvoice")
    return value or EinvoiceFormat.FACTUR_X.value


def check_mailing(value: str, einvoice: str) -> str:
    """What mails to the customer carry; nothing said is the PDF. Raises MailingUnknown, NothingButPdf."""
    mailing = value or Mailing.PDF.value
    if mailing not in MAILING_NAMES:
        raise MailingUnknown(field="mailing")
    if mailing != Mailing.PDF and einvoice == EinvoiceFormat.NONE:
        raise NothingButPdf(field="mailing")
    return mailing


def check_endpoint(address: str, scheme: str) -> tuple[str, str]:
    """An electronic address and its scheme: both, or neither. Raises BadInput naming the field."""
    address = clean_line(address, "endpoint_id", most=100)
    if address and scheme not in ADDRESS_SCHEMES:
        raise SchemeMissing(field="endpoint_scheme")
    if scheme and not address:
        raise AddressMissing(field="endpoint_id")
    return address, scheme
