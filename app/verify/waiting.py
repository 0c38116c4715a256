"""Knows what must be true of what orders have left to be invoiced."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.db.base import session
from app.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState
from app.invoices.queries_waiting import quantity_left
from app.orders.models import Order, OrderLine
from app.verify.invariant import Finding, Invariant


def find_wrong_rests(_now: datetime) -> Iterator[Finding]:
    """A credit note gives back to the order line that its invoice billed, however its own lines are labelled."""
    billed, note, given = aliased(InvoiceLine), aliased(Invoice), aliased(InvoiceLine)
    whose = func.coalesce(billed.order_line_id, given.order_line_id)
    back = (
        select(whose.label("line_id"), func.sum(given.quantity).label("quantity"))
        .select_from(given)
        .join(note, note.id == given.invoice_id)
        .outerjoin(billed, billed.id == given.original_line_id)
        .where(note.kind == InvoiceKind.CREDIT_NOTE, note.state == InvoiceState.ISSUED)
        .group_by(whose)
        .subquery()
    )
    taken = (
        select(func.coalesce(func.sum(InvoiceLine.quantity), 0))
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(InvoiceLine.order_line_id == OrderLine.id, Invoice.kind == InvoiceKind.INVOICE)
        .correlate(OrderLine)
        .scalar_subquery()
    )
    rest = OrderLine.quantity - OrderLine.cancelled_quantity - taken + back.c.quantity
    wrong = (
        select(Order.number, OrderLine.position)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(back, back.c.line_id == OrderLine.id)
        .where(quantity_left() != rest)
    )
    for number, position in session().execute(wrong):
        yield Finding(f"order {number}", f"line {position}: the list of what is left and its credit notes differ")


SENTENCE = (
    "What is left to invoice of an order line is what is ordered, less its invoices, with what they were credited."
)
WAITING = (Invariant("I48", SENTENCE, find_wrong_rests),)
