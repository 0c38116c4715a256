"""Finds lines with other tax rates than their codes: of drafts on their tax point, of issued ones on changed days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, case, false, func, or_, select, true
from sqlalchemy.orm import aliased

from app.company.queries_taxes import find_codes
from app.company.rules_taxes import Code, TaxRateMissing, find_other_rate
from app.db.base import session
from app.invoices.company_amounts import tax_point
from app.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState
from app.invoices.queries_list import credited_of_row
from app.invoices.rules_rates import KEY, key_of_rates, stands_against


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


@dataclass(frozen=True, slots=True)
class IssuedRate:
    """The rates a document was issued with."""

    number: str
    has: tuple[str, ...]
    tax_point: date


def find_issued_otherwise(
    code: str, valid_from: date, until: date | None, *, held: Sequence[str], rates: Sequence[str]
) -> IssuedRate | None:
    """The last invoice with a tax point on those days whose lines of the code stand against these rates.

    What was credited in full stands against nothing, nor does a deduction: that has the rates of its deposit.
    """
    point = case((Invoice.delivered_on < Invoice.issued_on, Invoice.delivered_on), else_=Invoice.issued_on)
    since = aliased(Invoice)  # apart: joined alone, SQLite reads every line there is
    is_of_days = and_(
        InvoiceLine.tax_code == code,
        InvoiceLine.invoice_id.in_(select(since.id).where(since.issued_on >= valid_from)),  # drafts have no such day
        Invoice.kind != InvoiceKind.CREDIT_NOTE,
        point >= valid_from,
        point < until if until else true(),
        func.coalesce(InvoiceLine.deposit_id, 0) == 0,  # the index on it holds nearly every line
    )
    is_kept = Invoice.rates_kept != ""
    lines = select(InvoiceLine.taxes, is_kept).join(Invoice, InvoiceLine.invoice_id == Invoice.id).where(is_of_days)
    found = session().execute(lines.distinct())
    against = [(taxes, kept) for taxes, kept in found if stands_against(_rates(taxes), kept, held, rates)]
    if not against:
        return None
    is_against = or_(*(and_(InvoiceLine.taxes == taxes, is_kept == kept) for taxes, kept in against))
    is_credited = func.coalesce(credited_of_row() >= Invoice.gross_total, false())
    last = lines.with_only_columns(Invoice.number, InvoiceLine.taxes, point).where(is_against, ~is_credited)
    row = session().execute(last.order_by(point.desc(), Invoice.id.desc()).limit(1)).one_or_none()
    return IssuedRate(row[0] or "", _rates(row[1]), row[2]) if row else None


def _rates(taxes: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(str(tax.get("rate") or "0") for tax in taxes)


def _compare(line: InvoiceLine, code: Code, day: date) -> dict[str, Any] | None:
    has = list(_rates(line.taxes))
    said: dict[str, Any] = {"code": code.code, "has": has, "tax_point": day.isoformat()}
    try:
        found = find_other_rate(code, line.taxes, day)
    except TaxRateMissing:
        return {**said, "wants": None, "since": None}
    return {**said, "wants": list(found.wants), "since": found.since.isoformat()} if found else None
