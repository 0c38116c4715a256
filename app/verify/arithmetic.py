"""Knows that every amount of an issued document is what the arithmetic gives for what the document says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.company.rules_rates import Rate
from app.db.base import session
from app.invoices.arithmetic import compute_invoice
from app.invoices.company_amounts import company_totals
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.invoices.rules import Computed
from app.invoices.rules_banking import repeat_moves
from app.kernel.errors import BadInput
from app.kernel.money import is_currency
from app.verify.invariant import Finding, Invariant

INVOICES_AT_ONCE = 200


def find_wrong_amounts(_now: datetime) -> Iterator[Finding]:
    """I1 to I6: each own issued document is computed again from its lines and compared amount by amount."""
    own = (
        select(Invoice)
        .where(Invoice.state == InvoiceState.ISSUED, Invoice.origin == "own")
        .options(selectinload(Invoice.lines), selectinload(Invoice.taxes), selectinload(Invoice.instalments))
        .order_by(Invoice.id)
    )
    last = 0
    while batch := session().scalars(own.where(Invoice.id > last).limit(INVOICES_AT_ONCE)).all():
        for invoice in batch:
            yield from compare(invoice)
        last = batch[-1].id


def _count_own() -> int:
    own = select(func.count()).where(Invoice.state == InvoiceState.ISSUED, Invoice.origin == "own")
    return session().scalar(own) or 0


def compare(invoice: Invoice) -> Iterable[Finding]:
    """What of this document differs from the arithmetic."""
    name = invoice.number or f"invoice {invoice.id}"
    if not is_currency(invoice.currency) or invoice.issued_on is None:
        return [Finding(name, f"currency {invoice.currency}, issued on {invoice.issued_on}", "I6")]
    try:
        computed = compute_invoice(invoice, invoice.issued_on)
    except BadInput as refusal:
        return [Finding(name, f"cannot be computed: {refusal}", "I1")]
    if moved := (invoice.snapshot or {}).get("banking_days"):
        computed = repeat_moves(computed, moved)
    return [
        Finding(name, f"{what}: stored {stored}, computed {right}", code)
        for code, what, stored, right in _pairs(invoice, computed)
        if stored != right
    ]


def _pairs(invoice: Invoice, computed: Computed) -> Iterator[tuple[str, str, object, object]]:
    lines = [(line.net, line.tax, line.gross) for line in invoice.lines]
    yield "I1", "lines (net, tax, gross)", lines, [(line.net, line.tax, line.gross) for line in computed.lines]
    yield "I3", "net total", invoice.net_total, computed.net_total
    rows = [(tax.name, tax.category, tax.rate, tax.base, tax.tax) for tax in invoice.taxes]
    right = [(row.name, row.category, row.rate, row.base, row.tax) for row in computed.tax_breakdown]
    yield "I4", "tax breakdown", rows, right
    yield "I4", "tax total", invoice.tax_total, computed.tax_total
    yield "I5", "gross total", invoice.gross_total, computed.gross_total
    stored = (invoice.company_net_total, invoice.company_tax_total, invoice.company_gross_total)
    yield "I5", "totals in the company's currency", stored, _company_totals(invoice, computed)
    yield "I5", "amount due", invoice.amount_due, computed.amount_due
    if invoice.kind is InvoiceKind.INVOICE:
        parts = [(part.due_on, part.amount) for part in invoice.instalments]
        yield "I5", "instalments", parts, [(part.due_on, part.amount) for part in computed.instalments]


def _company_totals(invoice: Invoice, computed: Computed) -> tuple[int | None, int | None, int | None]:
    """At the rate the document was issued with; nothing where it needed none."""
    if invoice.company_currency is None or invoice.exchange_rate is None or invoice.issued_on is None:
        return None, None, None
    rate = Rate(invoice.company_currency, invoice.currency, invoice.exchange_rate, invoice.issued_on, "")
    return company_totals(computed, rate)


ARITHMETIC = (
    Invariant("I1", "Every amount of an issued document is what the arithmetic gives.", find_wrong_amounts, _count_own),
)
