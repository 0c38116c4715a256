"""Finds which lines of a draft have other tax rates than their codes have on its tax point."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import exists, or_, select

from app.company.queries_taxes import find_codes
from app.company.rules_taxes import Code, TaxRateMissing, find_other_rate
from app.db.base import session
from app.invoices.company_amounts import tax_point
from app.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState
from app.invoices.rules_rates import KEY, key_of_rates


def find_other_rates(invoice: Invoice, issued_on: date) -> dict[str, Any]:
    """The part of a draft's content that stops it; nothing where the rates agree or somebody keeps them.

    A credit note gives back what its invoice took, and a deduction what its deposit took.
    """
    found = list_other_rates(invoice, issued_on)
    return {KEY: found} if found and key_of_rates(found) != invoice.rates_kept else {}


def list_other_rates(invoice: Invoice, issued_on: date) -> list[dict[str, Any]]:
    """One entry for each code and the rates its lines have."""
    if invoice.state is InvoiceState.ISSUED or invoice.kind is not InvoiceKind.INVOICE:
        return []
    day = tax_point(issued_on, invoice.delivered_on)
    said = [_compare(line, code, day) for line, code in coded_lines(invoice)]
    return list({(one["code"], tuple(one["has"])): one for one in said if one}.values())


def coded_lines(invoice: Invoice) -> Iterator[tuple[InvoiceLine, Code]]:
    """The lines that take the rates of a code."""
    lines = [line for line in invoice.lines if line.tax_code and line.deposit_id is None]
    codes = find_codes(line.tax_code for line in lines)
    return ((line, codes[line.tax_code]) for line in lines if line.tax_code in codes)


def is_rate_used(code: str, valid_from: date, until: date | None) -> bool:
    """Whether a document was issued with that code and a tax point from that day on, and before the other."""
    issued = select(InvoiceLine.id).join(Invoice, InvoiceLine.invoice_id == Invoice.id)
    used = issued.where(
        InvoiceLine.tax_code == code,
        Invoice.state == InvoiceState.ISSUED,
        Invoice.issued_on >= valid_from,
        or_(Invoice.delivered_on.is_(None), Invoice.delivered_on >= valid_from),
    )
    if until is not None:
        used = used.where(or_(Invoice.issued_on < until, Invoice.delivered_on < until))
    return bool(session().scalar(select(exists(used))))


def _compare(line: InvoiceLine, code: Code, day: date) -> dict[str, Any] | None:
    has = [str(tax.get("rate") or "0") for tax in line.taxes]
    said: dict[str, Any] = {"code": code.code, "has": has, "tax_point": day.isoformat()}
    try:
        found = find_other_rate(code, line.taxes, day)
    except TaxRateMissing:
        return {**said, "wants": None, "since": None}
    return {**said, "wants": list(found.wants), "since": found.since.isoformat()} if found else None
