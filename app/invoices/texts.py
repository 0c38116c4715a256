"""Knows every word a printed invoice, credit note or its mail says, in each language we write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Texts:
    """The texts of one language; `$name` places are filled in. `locale` is how its numbers and dates are written."""

    locale: str
    vat: str
    invoice: str
    credit_note: str
    number: Mapping[str, str]
    issued_on: str
    due_on: str
    delivered_on: str
    customer_number: str
    order_number: str
    po_number: str
    buyer_reference: str
    buyer_vat_id: str
    original: str
    credits: str
    delivered_to: str
    position: str
    description: str
    quantity: str
    unit_price: str
    discount: str
    tax: str
    amount: str
    incl: str
    per: str
    line_total: str
    allowance: str
    charge: str
    net_total: str
    tax_on: str
    exempt: Mapping[str, str]
    gross_total: str
    prepaid: str
    rounding: str
    amount_due: str
    credited: str
    instalment: str
    instalments: str
    pay_by: str
    pay_now: str
    early: str
    credit_sentence: str
    bank: str
    bank_name: str
    account_holder: str
    reference: str
    scan: str
    page: str
    of: str
    phone: str
    vat_id: str
    tax_number: str
    subject: Mapping[str, str]
    greeting: str
    opening: Mapping[str, str]
    attached: str
    thanks: str
    regards: str


ENGLISH = Texts(
    locale="en_GB",
    vat="VAT",
    invoice="Invoice",
    credit_note="Credit note",
    number={"invoice": "Invoice no.", "credit_note": "Credit note no."},
    issued_on="Date",
    due_on="Due",
    delivered_on="Delivered",
    customer_number="Customer no.",
    order_number="Our order",
    po_number="Your order",
    buyer_reference="Your reference",
    buyer_vat_id="Your VAT ID",
    original="For invoice",
    credits="This credit note cancels invoice $number of $day. Reason: $reason",
    delivered_to="Delivered to",
    position="#",
    description="Description",
    quantity="Quantity",
    unit_price="Unit price",
    discount="Discount",
    tax="Tax",
    amount="Net amount",
    incl="incl.",
    per="per",
    line_total="Sum of lines",
    allowance="Allowance",
    charge="Charge",
    net_total="Net total",
    tax_on="$tax on $base",
    exempt={
        "Z": "zero rated",
        "E": "exempt from VAT",
        "AE": "reverse charge",
        "K": "intra-Community supply",
        "G": "export",
        "O": "outside the scope of VAT",
    },
    gross_total="Total",
    prepaid="Paid in advance",
    rounding="Rounding",
    amount_due="Amount due",
    credited="Amount credited",
    instalment="Instalment $position",
    instalments="Instalments",
    pay_by="Please pay $amount by $day, without deduction.",
    pay_now="Please pay $amount on receipt, without deduction.",
    early="If you pay by $day, $amount settles this invoice (you save $saving).",
    credit_sentence=(
        "This credit note is set against the invoice named above. What you have paid on it already stays on your "
        "account."
    ),
    bank="Bank details",
    bank_name="Bank",
    account_holder="Account holder",
    reference="Reference",
    scan="Scan to pay $amount",
    page="Page",
    of="of",
    phone="Phone",
    vat_id="VAT ID",
    tax_number="Tax no.",
    subject={"invoice": "Invoice $number from $company", "credit_note": "Credit note $number from $company"},
    greeting="Dear $name,",
    opening={
        "invoice": "thank you for your business. Here is our invoice $number.",
        "credit_note": "here is our credit note $number for invoice $original.",
    },
    attached="The document is attached as a PDF.",
    thanks="If anything about it is not right, just reply to this mail.",
    regards="Kind regards",
)

GERMAN = Texts(
    locale="de",
    vat="USt",
    invoice="Rechnung",
    credit_note="Rechnungskorrektur",
    number={"invoice": "Rechnungs-Nr.", "credit_note": "Korrektur-Nr."},
    issued_on="Datum",
    due_on="Fällig am",
    delivered_on="Leistungsdatum",
    customer_number="Kunden-Nr.",
    order_number="Unser Auftrag",
    po_number="Ihre Bestellung",
    buyer_reference="Ihr Zeichen",
    buyer_vat_id="Ihre USt-IdNr.",
    original="Zu Rechnung",
    credits="Diese Korrektur storniert die Rechnung $number vom $day. Grund: $reason",
    delivered_to="Geliefert an",
    position="Pos.",
    description="Beschreibung",
    quantity="Menge",
    unit_price="Einzelpreis",
    discount="Rabatt",
    tax="Steuer",
    amount="Nettobetrag",
    incl="inkl.",
    per="je",
    line_total="Summe der Positionen",
    allowance="Nachlass",
    charge="Zuschlag",
    net_total="Nettosumme",
    tax_on="$tax auf $base",
    exempt={
        "Z": "Steuersatz null",
        "E": "steuerfrei",
        "AE": "Steuerschuldnerschaft des Leistungsempfängers",
        "K": "innergemeinschaftliche Lieferung",
        "G": "Ausfuhrlieferung",
        "O": "nicht steuerbar",
    },
    gross_total="Gesamtbetrag",
    prepaid="Bereits gezahlt",
    rounding="Rundung",
    amount_due="Zu zahlen",
    credited="Gutgeschriebener Betrag",
    instalment="Rate $position",
    instalments="Raten",
    pay_by="Bitte zahlen Sie $amount bis zum $day ohne Abzug.",
    pay_now="Bitte zahlen Sie $amount sofort nach Erhalt ohne Abzug.",
    early="Bei Zahlung bis zum $day begleichen $amount diese Rechnung (Sie sparen $saving).",
    credit_sentence=(
        "Diese Korrektur wird mit der oben genannten Rechnung verrechnet. Bereits gezahlte Beträge bleiben Ihrem Konto "
        "gutgeschrieben."
    ),
    bank="Bankverbindung",
    bank_name="Bank",
    account_holder="Kontoinhaber",
    reference="Verwendungszweck",
    scan="$amount per QR-Code zahlen",
    page="Seite",
    of="von",
    phone="Telefon",
    vat_id="USt-IdNr.",
    tax_number="Steuer-Nr.",
    subject={"invoice": "Rechnung $number von $company", "credit_note": "Rechnungskorrektur $number von $company"},
    greeting="Guten Tag $name,",
    opening={
        "invoice": "vielen Dank für Ihren Auftrag. Anbei erhalten Sie unsere Rechnung $number.",
        "credit_note": "anbei erhalten Sie unsere Rechnungskorrektur $number zur Rechnung $original.",
    },
    attached="Das Dokument liegt als PDF bei.",
    thanks="Falls etwas nicht stimmt, antworten Sie einfach auf diese E-Mail.",
    regards="Mit freundlichen Grüßen",
)

LANGUAGES: Mapping[str, Texts] = {"en": ENGLISH, "de": GERMAN}


def written_language(language: str) -> str:
    """The language a customer gets: theirs, or English where theirs is not written yet."""
    return language if language in LANGUAGES else "en"


def texts_for(language: str) -> Texts:
    return LANGUAGES[written_language(language)]
