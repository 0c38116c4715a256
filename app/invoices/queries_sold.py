"""Reads what documents sold under which of their taxes."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select

from app.db.base import session
from app.db.statements import in_chunks
from app.invoices.models import Invoice, InvoiceState, InvoiceTax
from app.invoices.queries import document_name
from app.invoices.rules.sold import Sold, less, list_sold
from app.ledger.models import LedgerEntry


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


def read_left(invoice_id: int, before: int | None = None) -> list[Sold]:
    """What an invoice sold less what was credited of it, up to now or before a position of the ledger."""
    credited = read_credited([invoice_id]).get(invoice_id, ())
    gone = [row for position, rows in credited if before is None or position < before for row in rows]
    return less(read_sold([invoice_id]).get(invoice_id, ()), gone)


def read_credited(invoice_ids: Iterable[int]) -> dict[int, list[tuple[int, list[Sold]]]]:
    """Invoice -> what each credit note took of it, and the position of the ledger from which it counts."""
    originals: dict[int, int] = {}
    for chunk in in_chunks(invoice_ids):
        chosen = select(Invoice.id, Invoice.original_id).where(Invoice.original_id.in_(chunk))
        issued = chosen.where(Invoice.state == InvoiceState.ISSUED).order_by(Invoice.id)
        originals |= {note_id: original_id for note_id, original_id in session().execute(issued) if original_id}
    sold, positions = read_sold(originals), _read_positions(originals)
    found: dict[int, list[tuple[int, list[Sold]]]] = {}
    for note_id, original_id in originals.items():
        if note_id in sold and note_id in positions:
            found.setdefault(original_id, []).append((positions[note_id], sold[note_id]))
    return found


def _read_positions(note_ids: Iterable[int]) -> dict[int, int]:
    names = {document_name(one): one for one in note_ids}
    found: dict[int, int] = {}
    for chunk in in_chunks(names):
        first = select(LedgerEntry.reason, func.min(LedgerEntry.position)).where(LedgerEntry.reason.in_(chunk))
        found |= {names[reason]: position for reason, position in session().execute(first.group_by(LedgerEntry.reason))}
    return found


def _read_snapshots(invoice_ids: Iterable[int]) -> dict[int, list[Sold]]:
    """Of the documents whose bases are not their net: several taxes on a line, or none."""
    bases = select(func.coalesce(func.sum(InvoiceTax.base), 0)).where(InvoiceTax.invoice_id == Invoice.id)
    chosen = select(Invoice.id, Invoice.snapshot).where(
        Invoice.id.in_(invoice_ids), Invoice.net_total != bases.scalar_subquery()
    )
    return {row.id: list_sold(row.snapshot) for row in session().execute(chosen) if row.snapshot}
