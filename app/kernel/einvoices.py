"""Knows the e-invoice formats a customer may ask for, and the schemes of electronic addresses."""

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.kernel.errors import BadInput
from app.kernel.texts import clean_line


class FormatUnknown(BadInput):
    """Choose an e-invoice format from the list."""


class SchemeMissing(BadInput):
    """Choose what kind of electronic address this is."""


class AddressMissing(BadInput):
    """Write the electronic address, or choose no kind for it."""


class AddressWrong(BadInput):
    """{address} is no {kind}: it has {words}."""


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
APART = frozenset(
    {EinvoiceFormat.XRECHNUNG_UBL, EinvoiceFormat.PEPPOL}
)  # UBL, which no PDF holds: only CII stands there

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


@dataclass(frozen=True)
class AddressForm:
    """How an address of a scheme is written; Peppol refuses another (COMMON-R040 to -R056)."""

    pattern: str
    words: str
    is_sound: Callable[[str], bool] = bool


def _gs1(digits: str) -> bool:
    return sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(reversed(digits))) % 10 == 0


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1, 2)[place % 2] for place, digit in enumerate(reversed(digits)))
    return sum(sum(divmod(number, 10)) for number in doubled) % 10 == 0


def _mod11(digits: str) -> bool:
    return sum(int(digit) * weight for digit, weight in zip(digits, (3, 2, 7, 6, 5, 4, 3, 2, 1), strict=True)) % 11 == 0


def _mod97(digits: str) -> bool:
    return 97 - int(digits[:8]) % 97 == int(digits[8:])


ADDRESS_FORMS: Mapping[str, AddressForm] = {
    "0007": AddressForm("[0-9]{10}", "10 digits, the last of them a check digit", _luhn),
    "0088": AddressForm("[0-9]{13}", "13 digits, the last of them a check digit", _gs1),
    "0106": AddressForm("[0-9]{8}", "8 digits"),
    "0184": AddressForm("(DK)?[0-9]{8}", "8 digits"),
    "0190": AddressForm("[0-9]{20}", "20 digits"),
    "0192": AddressForm("[0-9]{9}", "9 digits, the last of them a check digit", _mod11),
    "0208": AddressForm("[01][0-9]{9}", "10 digits, the last two of them check digits", _mod97),
    "0211": AddressForm("IT[0-9]{11}", "the form IT12345678901"),
    "9914": AddressForm("ATU[0-9]{8}", "the form ATU12345678"),
    "9920": AddressForm("ES[A-Z0-9][0-9]{7}[A-Z0-9]", "the form ESX1234567X"),
    "9925": AddressForm("BE[01][0-9]{9}", "the form BE0123456789"),
    "9930": AddressForm("DE[0-9]{9}", "the form DE123456789"),
    "9944": AddressForm("NL[0-9]{9}B[0-9]{2}", "the form NL123456789B12"),
    "9945": AddressForm("PL[0-9]{10}", "the form PL1234567890"),
    "9957": AddressForm("FR[A-Z0-9]{2}[0-9]{9}", "the form FRXX123456789"),
}
# Addresses that are VAT ids; their check digits are their countries' business
VAT_SCHEMES = frozenset({"0211", "9914", "9920", "9925", "9930", "9944", "9945", "9957"})
_NOISE = re.compile(r"[\s.\-/]")
# Which scheme a company's registration has, where its country wants that said (DK-R-014, NL-R-003)
LEGAL_SCHEMES: Mapping[str, tuple[str, ...]] = {"DK": ("0184",), "NL": ("0106", "0190"), "SE": ("0007",)}


def is_address(scheme: str, address: str) -> bool:
    """Whether an address has the form of its scheme; schemes whose form nobody checks take all."""
    form = ADDRESS_FORMS.get(scheme)
    return form is None or (bool(re.fullmatch(form.pattern, address)) and form.is_sound(address))


def legal_scheme(country: str, registration: str) -> str:
    """The scheme of a registration, where its country has one and the form fits."""
    return next((scheme for scheme in LEGAL_SCHEMES.get(country, ()) if is_address(scheme, registration)), "")


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


def mailing_of(einvoice: str, wanted: str) -> str:
    """What a mail carries of a document in this format: what cannot stand in the PDF goes beside it."""
    return Mailing.BOTH.value if wanted == Mailing.PDF and einvoice in APART else wanted


def check_endpoint(address: str, scheme: str) -> tuple[str, str]:
    """An electronic address as its scheme spells it: both, or neither. Raises BadInput naming the field."""
    address = clean_line(address, "endpoint_id", most=100)
    if address and scheme not in ADDRESS_SCHEMES:
        raise SchemeMissing(field="endpoint_scheme")
    if scheme and not address:
        raise AddressMissing(field="endpoint_id")
    if form := ADDRESS_FORMS.get(scheme):
        address = _NOISE.sub("", address).upper()
        if not is_address(scheme, address):
            raise AddressWrong(field="endpoint_id", address=address, kind=ADDRESS_SCHEMES[scheme], words=form.words)
    return address, scheme
