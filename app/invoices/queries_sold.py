"""Reads what documents sold under which of their taxes."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select

from app.db.base import session
from app.db.statements import in_chunks
from app.invoices.models import Invoice, InvoiceTax
from app.invoices.rules.sold import Sold, list_sold


def read_sold(invoice_ids: Iterable[int]) -> dict[int, list[Sold]]:
    """Net and tax by row of the breakdown; nothing for documents of an earlier system, which have none."""
    row, found = InvoiceTax, dict[int, list[Sold]]()
    columns = (row.invoice_id, row.name, row.category, row.rate, row.base, row.tax)
    for chunk in in_chunks(invoice_ids):
        chosen = select(*columns).where(row.invoice_id.in_(chunk)).order_by(row.invoice_id, row.position)
        for invoice_id, name, category, rate, base, tax in session().execute(chosen):
            found.setdefault(invoice_id, []).append(Sold(name, category, rate, base, tax))
        found |= _read_snapshots(chunk)
    return found


def _read_snapshots(invoice_ids: Iterable[int]) -> dict[int, list[Sold]]:
    """Of the documents whose bases are not their net: several taxes on a line, or none."""
    bases = select(func.coalesce(func.sum(InvoiceTax.base), 0)).where(InvoiceTax.invoice_id == Invoice.id)
    chosen = select(Invoice.id, Invoice.snapshot).where(
        Invoice.id.in_(invoice_ids), Invoice.net_total != bases.scalar_subquery()
    )
    return {row.id: list_sold(row.snapshot) for row in session().execute(chosen) if row.snapshot}
