"""Reads what invoices promise who pays early, what came for them and when, and the discounts that stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.db.base import session
from app.db.statements import in_chunks
from app.invoices.models import Invoice
from app.invoices.paper_dates import early_of
from app.invoices.queries import document_name
from app.ledger.models import EntryKind, LedgerEntry
from app.ledger.queries import credited_on
from app.payments.models import Allocation, Payment
from app.payments.models_bank import StatementEntry, StatementLine
from app.payments.queries import list_live_allocations_on
from app.payments.rules import EarlyOffer
from app.payments.rules_cash import SOURCE, line_of


def read_offers(invoice_ids: Collection[int], *, crediting: int = 0) -> dict[int, EarlyOffer]:
    """By invoice, as credits left it, and one more of `crediting` would; those that promise nothing are absent."""
    credited = credited_on(map(document_name, invoice_ids))
    early = {}
    for chunk in in_chunks(invoice_ids):
        for row in session().execute(select(Invoice.id, Invoice.snapshot).where(Invoice.id.in_(chunk))):
            taken_off = credited.get(document_name(row.id), 0) + crediting
            if row.snapshot and (found := early_of(row.snapshot, taken_off)):
                early[row.id] = found
    parts = _read_parts(early)
    return {
        invoice_id: EarlyOffer(one.payable + one.saving, one.payable, one.until, tuple(parts[invoice_id]))
        for invoice_id, one in early.items()
    }


def _read_parts(invoice_ids: Iterable[int]) -> dict[int, list[tuple[date, int]]]:
    """What stands as paid on each, and the day its money came."""
    undoing, placed = aliased(Allocation), list[tuple[int, int, int]]()
    columns = select(Allocation.invoice_id, Allocation.payment_id, Allocation.amount)
    live = columns.outerjoin(undoing, undoing.undoes == Allocation.id).where(
        Allocation.undoes.is_(None), undoing.id.is_(None)
    )
    for chunk in in_chunks(invoice_ids):
        rows = session().execute(live.where(Allocation.invoice_id.in_(chunk)).order_by(Allocation.id))
        placed += [(row[0], row[1], row[2]) for row in rows]
    days, parts = days_of(payment_id for _, payment_id, _ in placed), defaultdict[int, list[tuple[date, int]]](list)
    for invoice_id, payment_id, amount in placed:
        parts[invoice_id].append((days[payment_id], amount))
    return parts


def days_of(payment_ids: Iterable[int]) -> dict[int, date]:
    """Payment -> the day the bank booked it, which the books may have been closed for; else that it was received."""
    days, lines = {}, {}
    for chunk in in_chunks(payment_ids):
        columns = select(Payment.id, Payment.received_on, Payment.source, Payment.external_id)
        for row in session().execute(columns.where(Payment.id.in_(chunk))):
            days[row.id] = row.received_on
            if row.source == SOURCE and (line_id := line_of(row.external_id)) is not None:
                lines[row.id] = line_id
    booked = select(StatementLine.id, StatementEntry.booked_on).join(
        StatementEntry, StatementEntry.id == StatementLine.entry_id
    )
    by_line: dict[int, date] = {}
    for chunk in in_chunks(lines.values()):
        by_line |= {row[0]: row[1] for row in session().execute(booked.where(StatementLine.id.in_(chunk)))}
    return days | {payment_id: by_line[line_id] for payment_id, line_id in lines.items() if line_id in by_line}


def came_on(payment: Payment) -> date:
    return days_of([payment.id])[payment.id]


def list_paid_on(invoice_id: int) -> list[tuple[date, Allocation]]:
    """What stands on it as paid and the day its money came, in the order of these days."""
    live = list_live_allocations_on(invoice_id)
    days = days_of(row.payment_id for row in live)
    return sorted(((days[row.payment_id], row) for row in live), key=lambda one: (one[0], one[1].payment_id, one[1].id))


def list_discounts(invoice_id: int) -> list[LedgerEntry]:
    """The early discount an invoice has: entries that came with an allocation and were not taken back."""
    entry, undone = LedgerEntry, aliased(LedgerEntry)
    chosen = select(entry).outerjoin(undone, undone.reverses == entry.position)
    of_it = chosen.where(entry.document == document_name(invoice_id), entry.kind == EntryKind.WRITE_OFF)
    earned = of_it.where(entry.reason.startswith("allocation:"), undone.position.is_(None))
    return list(session().scalars(earned.order_by(entry.position)))
