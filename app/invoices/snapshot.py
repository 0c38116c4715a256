"""Knows everything a document says: parties, lines, taxes, terms and totals as plain JSON, and its fingerprint.

Amounts are decimal strings in major units with the currency's decimals, dates ISO 8601. The PDF and the e-invoice are
derived from this alone.
"""

import hashlib
from datetime import date
from typing import Any

from app.company.models import Company
from app.company.models_texts import DocumentText
from app.company.queries import find_logo
from app.company.queries_texts import find_texts
from app.customers.models import Customer
from app.db.types import canonical_json
from app.invoices.arithmetic import tax_reasons
from app.invoices.buyers import endpoint_in, parties_of, said_by
from app.invoices.company_amounts import find_company_amounts
from app.invoices.einvoice.check import wanted_format
from app.invoices.models import Invoice, InvoiceKind, InvoiceLine, Scope
from app.invoices.queries import find_invoice
from app.invoices.queries_deductions import find_deduction
from app.invoices.queries_orders import day_delivered
from app.invoices.queries_rates import find_other_rates
from app.invoices.rules import Computed, ComputedLine, TaxKey, TaxRow
from app.invoices.rules_payment import decide_payment
from app.invoices.texts_exempt import reason_of
from app.invoices.vat_checks import state_vat_check
from app.kernel.money import format_decimal
from app.kernel.quantities import canonical
from app.orders.models import Order
from app.orders.queries import get_order

# Raised whenever the shape of a snapshot, or what the arithmetic answers, changes
# 2: the e-invoice format, electronic addresses, the taxes of allowances and charges; 3: where it is paid to
# 4: several taxes of 0 % are told apart
SHAPE = 4
ARITHMETIC = 1
TYPE_CODES = {InvoiceKind.INVOICE: "380", InvoiceKind.CREDIT_NOTE: "381"}  # EN 16931 BT-3
DEPOSIT = "386"


def build_content(
    invoice: Invoice,
    computed: Computed,
    *,
    issued_on: date,
    company: Company,
    customer: Customer,
    order: Order | None,
    original: Invoice | None,
) -> dict[str, Any]:
    """The snapshot without its number: what the checks before issue look at."""
    own = find_texts(invoice.language)
    return {
        "shape": SHAPE,
        "engine": {"arithmetic": ARITHMETIC},
        "kind": invoice.kind.value,
        "type_code": DEPOSIT if invoice.scope is Scope.DEPOSIT and not original else TYPE_CODES[invoice.kind],
        "issued_on": issued_on.isoformat(),
        "delivered_on": invoice.delivered_on.isoformat() if invoice.delivered_on else None,
        "due_on": max((part.due_on.isoformat() for part in computed.instalments), default=None),
        "currency": invoice.currency,
        "language": invoice.language,
        "tax_rounding": invoice.tax_rounding,
        "po_number": invoice.po_number,
        "buyer_reference": invoice.buyer_reference or customer.buyer_reference,
        "einvoice": wanted_format(said_by(original)) if original else customer.einvoice,
        "order": {"number": order.number, "ordered_on": order.ordered_on.isoformat()} if order else None,
        "original": _original(original) if original else None,
        "reason": invoice.reason,
        "seller": seller_of(company) | endpoint_in(said_by(original), "seller"),
        "bank": bank_of(company),
        **parties_of(customer, original),
        "payment_terms": invoice.payment_terms,
        **_own_words(invoice.kind, own, company),
        "appearance": appearance_of(company),
        "allowances": _adjustments(invoice, computed, "allowances"),
        "charges": _adjustments(invoice, computed, "charges"),
        **_amounts(invoice, computed),
        **_part(invoice),
        **_preceding(invoice),
        **state_vat_check(invoice, issued_on=issued_on, company=company, customer=customer, original=original),
        **find_company_amounts(invoice, computed, issued_on=issued_on, company=company, original=original),
        **find_other_rates(invoice, issued_on),
        **_service_period(invoice),
        **({"banking_days": computed.moved.as_json()} if computed.moved else {}),
    }


def _own_words(kind: InvoiceKind, own: DocumentText | None, company: Company) -> dict[str, str]:
    """The foot, which credit notes have of their own, and a sentence on the terms of payment where there is one."""
    if kind is InvoiceKind.CREDIT_NOTE:
        return {"footer": own.credit_footer if own else ""}
    said = {"footer": own.footer if own and own.footer else company.invoice_footer}
    return said | ({"terms_sentence": own.terms} if own and own.terms else {})


def number_content(content: dict[str, Any], *, number: str, series: str, period: str, sequence: int) -> dict[str, Any]:
    """The finished snapshot."""
    numbered = {**content, "number": number, "series": series, "period": period, "sequence": sequence}
    return numbered | ({"payment": decide_payment(numbered)} if content["kind"] == InvoiceKind.INVOICE else {})


def fingerprint_of(snapshot: dict[str, Any]) -> str:
    """sha256 over the snapshot's canonical JSON."""
    return hashlib.sha256(canonical_json(snapshot).encode()).hexdigest()


def _part(invoice: Invoice) -> dict[str, Any]:
    """What of something larger this is; a document of its own says nothing."""
    replaced = find_invoice(invoice.replaces_id)
    if invoice.scope is Scope.WHOLE and not invoice.title and replaced is None:
        return {}
    replaces = _original(replaced) if replaced else None
    return {"part": {"scope": invoice.scope.value, "title": invoice.title, "replaces": replaces}}


def _preceding(invoice: Invoice) -> dict[str, Any]:
    """The deposits it deducts and the invoice it replaces (EN 16931 BG-3); a document about none says nothing."""
    deducted = sorted({line.deposit_id for line in invoice.lines if line.deposit_id})
    if invoice.kind is not InvoiceKind.INVOICE:
        return {}
    found = [_original(one) for each in (*deducted, invoice.replaces_id) if (one := find_invoice(each))]
    return {"preceding": found} if found else {}


def _service_period(invoice: Invoice) -> dict[str, Any]:
    """The days it is for; a document about one day, or none, says nothing."""
    first, last = invoice.service_from, invoice.service_until
    return {"service_period": {"from": first.isoformat(), "until": last.isoformat()}} if first and last else {}


def seller_of(company: Company) -> dict[str, str]:
    """Who writes the document."""
    names = (
        "name", "street", "postal_code", "city", "country", "vat_id", "tax_number", "registration", "email", "phone",
        "website", "contact_name", "endpoint_id", "endpoint_scheme",
    )  # fmt: skip
    return {name: getattr(company, name) for name in names}


def bank_of(company: Company) -> dict[str, str]:
    """Where it is paid to."""
    bank = {name: getattr(company, name) for name in ("bank_name", "iban", "bic", "account_holder")}
    return bank | ({"qr_iban": company.qr_iban} if company.qr_iban else {})


def _original(original: Invoice) -> dict[str, Any]:
    return {
        "id": original.id,
        "number": original.number,
        "issued_on": original.issued_on.isoformat() if original.issued_on else None,
        "fingerprint": original.fingerprint,
    }


def appearance_of(company: Company) -> dict[str, Any]:
    """How it looks: the colour, and the logo by its document."""
    logo = find_logo()
    return {"accent_colour": company.accent_colour, "logo": {"id": logo.id, "sha256": logo.sha256} if logo else None}


def _amounts(invoice: Invoice, computed: Computed) -> dict[str, Any]:
    currency = invoice.currency
    answer = computed.as_json()
    totals = (
        "line_total", "allowance_total", "charge_total", "net_total", "tax_total", "gross_total", "rounding", "prepaid",
        "amount_due",
    )  # fmt: skip
    reasons = tax_reasons(invoice)
    return {
        "lines": [_line(line, amounts, currency) for line, amounts in zip(invoice.lines, computed.lines, strict=True)],
        "tax_breakdown": [
            _tax_row(row, written, reasons)
            for row, written in zip(computed.tax_breakdown, answer["tax_breakdown"], strict=True)
        ],
        "totals": {name: answer[name] for name in totals},
        "instalments": [{"position": i, **part} for i, part in enumerate(answer["instalments"], 1)],
        "early_discount": answer["early_discount"],
    }


def _line(line: InvoiceLine, amounts: ComputedLine, currency: str) -> dict[str, Any]:
    return {
        "position": line.position,
        "description": line.description,
        "unit": line.unit,
        **{
            name: canonical(getattr(line, name))
            for name in ("quantity", "base_quantity", "unit_price", "discount_percent")
        },
        **{name: format_decimal(getattr(line, name), currency) for name in ("allowance", "charge")},
        **{name: format_decimal(getattr(amounts, name), currency) for name in ("net", "tax", "gross")},
        "taxes": [_tax(tax, line.invoice.language) for tax in line.taxes],
        **_order_of(line),
        **({"is_rest": True} if (line.allowance or line.charge) and _is_part(line) else {}),
        **_deduction_of(line, amounts, currency),
    }


def _is_part(line: InvoiceLine) -> bool:
    """Then an allowance or charge is only what rounding left of earlier parts."""
    return line.order_line_id is not None or line.original_line_id is not None


def _order_of(line: InvoiceLine) -> dict[str, Any]:
    """Its order, where the document is about several."""
    if line.order_id is None:
        return {}
    order = get_order(line.order_id)
    delivered_on = day_delivered(order)
    return {
        "order": {
            "number": order.number,
            "po_number": order.po_number,
            "delivered_on": delivered_on.isoformat() if delivered_on else None,
        }
    }


def _deduction_of(line: InvoiceLine, amounts: ComputedLine, currency: str) -> dict[str, Any]:
    """What it deducts of a deposit: the law wants the tax of each named."""
    if (said := find_deduction(line, amounts.net)) is None:
        return {}
    sums = {"net": said.net, "tax": said.tax, "gross": said.net + said.tax}
    return {"deduction": {name: format_decimal(sum_, currency) for name, sum_ in sums.items()}}


def _tax(tax: dict[str, Any], language: str) -> dict[str, Any]:
    """A tax with every field written out."""
    is_fixed = tax.get("kind") == "fixed_per_unit"
    return {
        "name": tax["name"],
        "category": tax.get("category") or "S",
        "kind": "fixed_per_unit" if is_fixed else "percent",
        "rate": None if is_fixed else str(tax.get("rate") or "0"),
        "amount": str(tax.get("amount") or "0") if is_fixed else None,
        "price_includes": bool(tax.get("price_includes")),
        "compounds": bool(tax.get("compounds")),
        "reason": reason_of(tax, language),
    }


def _tax_row(row: TaxRow, written: dict[str, Any], reasons: dict[TaxKey, str]) -> dict[str, Any]:
    reason = reasons.get(TaxKey(row.name, row.category, row.rate, row.amount), "")
    return {"amount": None, **written, "reason": reason}


def _adjustments(invoice: Invoice, computed: Computed, name: str) -> list[dict[str, Any]]:
    amounts = getattr(computed, name)
    return [
        {
            "reason": entry.get("reason") or "",
            "amount": format_decimal(amount, invoice.currency),
            "taxes": [_tax(tax, invoice.language) for tax in entry.get("taxes") or []],
        }
        for entry, amount in zip(invoice.options.get(name) or [], amounts, strict=True)
    ]
