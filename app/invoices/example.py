"""Knows the example invoice that shows how documents look before a setting is saved."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from app.company.models import Company
from app.invoices.models import InvoiceKind
from app.invoices.rules_payment import decide_payment
from app.invoices.rules_swiss import is_qr_iban, is_swiss
from app.invoices.snapshot import ARITHMETIC, SHAPE, TYPE_CODES, appearance_of, seller_of

# Words people read in their own language stand in the catalogs; goods keep their names
LINES = (("VS-200", "4", "120.50", "482.00"), ("VS-210", "2.5", "95.00", "237.50"))
RATE, NET, TAX, GROSS = "19", "719.50", "136.71", "856.21"
VAT = {"kind": "percent", "name": "VAT", "category": "S", "rate": RATE, "amount": None, "reason": ""}


def build_example(
    company: Company, language: str, on: date, *, footer: str, accent_colour: str, bank: dict[str, str], terms: str = ""
) -> dict[str, Any]:
    """A finished snapshot of nobody's invoice: our own letterhead and look, a customer who does not exist.

    With a Swiss account it is in francs, or the QR-bill would not be seen.
    """
    is_in_francs = company.currency == "CHF" or is_swiss(bank["iban"]) or is_qr_iban(bank["qr_iban"])
    due_on, currency = (on + timedelta(days=30)).isoformat(), "CHF" if is_in_francs else "EUR"
    example = {
        "shape": SHAPE, "engine": {"arithmetic": ARITHMETIC}, "kind": InvoiceKind.INVOICE.value,
        "type_code": TYPE_CODES[InvoiceKind.INVOICE], "number": "INV-0000-00001", "issued_on": on.isoformat(),
        "delivered_on": on.isoformat(), "due_on": due_on, "currency": currency, "language": language,
        "tax_rounding": "document", "po_number": "PO-4711", "buyer_reference": "", "einvoice": "none", "order": None,
        "original": None, "reason": "", "seller": seller_of(company), "buyer": _buyer(), "delivery": None,
        "bank": bank, "terms_sentence": terms,
        "payment_terms": "30 days", "footer": footer,
        "appearance": {**appearance_of(company), "accent_colour": accent_colour},
        "allowances": [], "charges": [], "lines": [_line(place, *line) for place, line in enumerate(LINES, 1)],
        "tax_breakdown": [{**VAT, "base": NET, "tax": TAX}], "totals": _totals(), "early_discount": None,
        "instalments": [{"position": 1, "due_on": due_on, "amount": GROSS}],
    }  # fmt: skip
    return example | {"payment": decide_payment(example)}


def credit_of(example: dict[str, Any], *, footer: str) -> dict[str, Any]:
    """A credit note over the whole example."""
    original = {"number": example["number"], "issued_on": example["issued_on"]}
    return example | {
        "kind": InvoiceKind.CREDIT_NOTE.value, "type_code": TYPE_CODES[InvoiceKind.CREDIT_NOTE],
        "number": "CN-0000-00001", "original": original, "due_on": None, "instalments": [], "footer": footer,
    }  # fmt: skip


def _buyer() -> dict[str, Any]:
    address = {
        "name": "", "street": "Hafenweg 3", "street2": "", "postal_code": "20457", "city": "Hamburg", "region": "",
        "country": "DE",
    }  # fmt: skip
    return {
        "number": "C-00001", "name": "Nordlicht Logistik GmbH", "vat_id": "", "tax_number": "", "billing_email": "",
        "country": "DE", "endpoint_id": "", "endpoint_scheme": "", "address": address,
    }  # fmt: skip


def _line(position: int, description: str, quantity: str, unit_price: str, net: str) -> dict[str, Any]:
    return {
        "position": position, "description": description, "quantity": quantity, "unit": "pcs",
        "unit_price": unit_price, "base_quantity": "1", "discount_percent": "0", "allowance": "0.00",
        "charge": "0.00", "net": net, "taxes": [{**VAT, "price_includes": False, "compounds": False}],
    }  # fmt: skip


def _totals() -> dict[str, str]:
    return {
        "line_total": NET, "allowance_total": "0.00", "charge_total": "0.00", "net_total": NET, "tax_total": TAX,
        "gross_total": GROSS, "rounding": "0.00", "prepaid": "0.00", "amount_due": GROSS,
    }  # fmt: skip
