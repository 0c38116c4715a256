"""What of the demo's business is billed and credited in part: deposits, a return, a discount after the fact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from app.company.queries import business_today
from app.db.base import session
from app.invoices import services as invoices
from app.invoices.models import Invoice, InvoiceKind, InvoiceState, Scope
from app.invoices.queries_parts import read_creditable
from app.invoices.rules_reasons import CreditReason
from app.orders.models import Order, OrderState

MOST_RUNNING = 20


def bill_in_parts(people: Mapping[str, str], now: datetime) -> None:
    """A deposit for the oldest running order with tax and no hold, and credits of parts of the two newest invoices."""
    actor, today = people["finance"], business_today(now)
    running = select(Order).where(
        Order.state == OrderState.IN_PROGRESS, Order.held_at.is_(None), Order.billed_net == 0, Order.net_total > 0
    )
    # a deposit on an intra-Community supply would need the day of a delivery that has not been yet
    taxed = [order for order in session().scalars(running.order_by(Order.id).limit(MOST_RUNNING)) if _is_taxed(order)]
    for order in taxed[:1]:
        deposit = invoices.draft_deposit(order.id, percent=Decimal(30), actor=actor, now=now)
        invoices.issue_invoice(deposit.id, today, actor=actor, now=now)
    credited = select(Invoice.original_id).where(Invoice.original_id.is_not(None))
    whole = select(Invoice).where(
        Invoice.state == InvoiceState.ISSUED, Invoice.kind == InvoiceKind.INVOICE, Invoice.scope == Scope.WHOLE,
        Invoice.origin == "own", Invoice.id.not_in(credited), Invoice.net_total > 0,
    )  # fmt: skip
    for invoice, scope in zip(
        session().scalars(whole.order_by(Invoice.id.desc()).limit(2)), (Scope.LINES, Scope.AMOUNT), strict=False
    ):
        note = invoices.draft_credit(invoice.id, _credit(invoice, scope), actor=actor, now=now)
        invoices.issue_credit(note.id, today, actor=actor, now=now)


def _is_taxed(order: Order) -> bool:
    return all(tax["category"] == "S" for line in order.lines for tax in line.taxes)


def _credit(invoice: Invoice, scope: Scope) -> invoices.CreditData:
    if scope is Scope.LINES:
        line = invoice.lines[0]
        quantities = {line.id: min(line.quantity, Decimal(1))}
        return invoices.CreditData(scope=scope, reason_code=CreditReason.RETURNED, quantities=quantities)
    group, net = next(iter(read_creditable(invoice).groups.items()))
    return invoices.CreditData(scope=scope, reason_code=CreditReason.GOODWILL, amounts={group: net // 10})
