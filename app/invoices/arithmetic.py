"""Knows how a stored invoice becomes the document the arithmetic computes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from app.invoices.models import Invoice, InvoiceLine
from app.invoices.rules import Computed, Document, TaxKey, compute, parse_document
from app.invoices.texts_exempt import is_standard_reason, reason_of
from app.kernel.money import format_decimal
from app.kernel.payment_terms import PaymentTerms, parse_terms
from app.kernel.quantities import canonical

OPTIONS = ("allowances", "charges", "prepaid", "rounding_step")


def compute_invoice(invoice: Invoice, issued_on: date) -> Computed:
    """Every amount of the invoice as issued on that date. Raises BadInput naming the field."""
    return compute(document_of(invoice, issued_on))


def document_of(invoice: Invoice, issued_on: date) -> Document:
    raw: dict[str, Any] = {
        "currency": invoice.currency,
        "issue_date": issued_on.isoformat(),
        "tax_rounding": invoice.tax_rounding,
        "lines": [_raw_line(line, invoice.currency) for line in invoice.lines],
        **{name: invoice.options[name] for name in OPTIONS if name in invoice.options},
    }
    rounding = int(invoice.options.get("rounding") or 0)
    return replace(parse_document(raw), payment_terms=terms_of(invoice), rounding=rounding)


def terms_of(invoice: Invoice) -> PaymentTerms | None:
    """The invoice's terms; a credit note has none. Raises BadInput where they cannot be read."""
    return parse_terms(invoice.payment_terms) if invoice.payment_terms else None


def tax_reasons(invoice: Invoice) -> dict[TaxKey, str]:
    """Why a tax is not charged (EN 16931 BT-120), by the row of the breakdown it belongs to: every reason once.

    The standard wording of a category is left out beside a reason of its own.
    """
    reasons: dict[TaxKey, dict[str, None]] = {}
    for tax in (tax for line in invoice.lines for tax in line.taxes):
        key = TaxKey(tax["name"], tax.get("category") or "S", _number(tax, "rate"), _number(tax, "amount"))
        reasons.setdefault(key, {})[reason_of(tax, invoice.language)] = None
    return {key: _joined(key.category, [one for one in said if one]) for key, said in reasons.items()}


def _joined(category: str, reasons: list[str]) -> str:
    own = [reason for reason in reasons if not is_standard_reason(category, reason)]
    return "; ".join(own or reasons[:1])


def raw_tax(tax: dict[str, Any]) -> dict[str, Any]:
    """A line's tax as `invoices compute` takes it: without its reason."""
    return {name: value for name, value in tax.items() if name != "reason"}


def _raw_line(line: InvoiceLine, currency: str) -> dict[str, Any]:
    return {
        "description": line.description,
        "quantity": canonical(line.quantity),
        "base_quantity": canonical(line.base_quantity),
        "unit_price": canonical(line.unit_price),
        "discount_percent": canonical(line.discount_percent),
        "allowance": format_decimal(line.allowance, currency),
        "charge": format_decimal(line.charge, currency),
        "taxes": [raw_tax(tax) for tax in line.taxes],
    }


def _number(tax: dict[str, Any], name: str) -> Decimal | None:
    is_fixed = tax.get("kind") == "fixed_per_unit"
    if (name == "amount") != is_fixed:
        return None
    return Decimal(tax.get(name) or 0)
