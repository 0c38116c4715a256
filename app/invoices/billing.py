"""Knows how far orders are billed: what is drafted, invoiced, still open and late, and what to do about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import g, url_for
from sqlalchemy import select

from app.auth.guards import may_current
from app.auth.rules import Permission
from app.db.base import session
from app.invoices.models import Invoice, InvoiceKind
from app.invoices.queries import Position, Standing, positions_of
from app.invoices.queries_orders import of_orders, shares_of
from app.orders.models import Order, OrderState
from app.web.filters import day, money, request_today
from app.web.glances import Fact, Glance, glance_for
from app.web.panels import Act, Hint, Stage, hints_for, stages_for

LIVE = {Standing.NOT_DUE, Standing.PARTLY_SETTLED, Standing.OVERDUE, Standing.SETTLED}


@dataclass(frozen=True)
class Billing:
    """An order's invoices that are not credited, with where each stands; amounts in minor units of the order."""

    state: OrderState
    fulfilled_on: date | None
    drafts: tuple[Invoice, ...]
    issued: tuple[tuple[Invoice, Position], ...]
    billed: int = 0  # net, deposits included, less credit notes
    unbilled: int = 0  # net
    shares: Mapping[int, tuple[int, int]] = field(default_factory=dict)  # (net, gross) on invoices over several orders

    @property
    def invoiced(self) -> int:
        return sum(self._gross_of(invoice) for invoice, _ in self.issued)

    @property
    def open(self) -> int:
        return sum(min(position.open, self._gross_of(invoice)) for invoice, position in self.issued)

    def _gross_of(self, invoice: Invoice) -> int:
        return self.shares.get(invoice.id, (0, invoice.gross_total))[1]

    @property
    def latest(self) -> tuple[Invoice, Position] | None:
        """The open invoice that is due longest, or the first that is open at all."""
        still_open = [each for each in self.issued if each[1].open]
        return max(still_open, key=lambda each: (each[1].days_past_due, -each[0].id), default=None)


def bill_of(order_ids: Sequence[int]) -> dict[int, Billing]:
    """The billing of each order, read once per page: four reads, however many orders."""
    known: dict[int, Billing] = g.setdefault("billing", {})
    if missing := [order_id for order_id in order_ids if order_id not in known]:
        known |= _read(missing)
    return {order_id: known[order_id] for order_id in order_ids if order_id in known}


def _read(order_ids: Sequence[int]) -> dict[int, Billing]:
    chosen = select(Invoice).where(of_orders(order_ids), Invoice.kind == InvoiceKind.INVOICE)
    invoices = list(session().scalars(chosen.order_by(Invoice.id)))
    shares = shares_of([invoice.id for invoice in invoices if invoice.order_id is None])
    positions = positions_of(invoices, request_today())
    by_order: dict[int, list[Invoice]] = defaultdict(list)
    for invoice in invoices:
        whose = [order_id for order_id, by_invoice in shares.items() if invoice.id in by_invoice]
        for order_id in [invoice.order_id] if invoice.order_id else whose:
            by_order[order_id].append(invoice)
    columns = (
        Order.id,
        Order.state,
        Order.fulfilled_on,
        Order.billed_net.label("billed"),
        (Order.net_total - Order.billed_net).label("unbilled"),
    )
    orders = session().execute(select(*columns).where(Order.id.in_(order_ids)))
    return {row.id: _billing(row, by_order[row.id], positions, shares.get(row.id, {})) for row in orders}


def _billing(
    order: Any, invoices: Sequence[Invoice], positions: Mapping[int, Position], shares: Mapping[int, tuple[int, int]]
) -> Billing:
    drafts = tuple(invoice for invoice in invoices if positions[invoice.id].standing is Standing.DRAFT)
    issued = tuple((one, positions[one.id]) for one in invoices if positions[one.id].standing in LIVE)
    return Billing(order.state, order.fulfilled_on, drafts, issued, order.billed, order.unbilled, shares)


@stages_for("order", place=30)
def billing_stages(order_id: int) -> list[Stage]:
    """Whether the order is invoiced, and whether the money is in."""
    if not may_current(Permission.INVOICES_VIEW):
        return []
    billing = bill_of([order_id])[order_id]
    if billing.state is OrderState.CANCELLED and not billing.issued:
        return []
    return [_invoice_stage(billing), _paid_stage(billing)]


def _invoice_stage(billing: Billing) -> Stage:
    if billing.issued:
        invoice = billing.issued[0][0]
        if billing.unbilled > 0:
            return Stage("Invoice", "now", "in part", url_for("invoices.detail", invoice_id=invoice.id))
        more = invoice.number or "" if len(billing.issued) == 1 else f"{len(billing.issued)} invoices"
        return Stage("Invoice", "done", more, url_for("invoices.detail", invoice_id=invoice.id))
    if billing.drafts:
        return Stage("Invoice", "now", "drafted", url_for("invoices.detail", invoice_id=billing.drafts[0].id))
    is_ready = billing.state is OrderState.FULFILLED
    return Stage("Invoice", "now" if is_ready else "next", "to be drafted" if is_ready else "")


def _paid_stage(billing: Billing) -> Stage:
    if not billing.issued:
        return Stage("Paid", "next")
    if billing.latest is None:
        return Stage("Paid", "done", "in full")
    invoice, position = billing.latest
    if position.days_past_due:
        return Stage("Paid", "stop", f"{position.days_past_due} d overdue")
    return Stage("Paid", "now", f"due {day(invoice.due_on)}")


@hints_for("order", place=30)
def what_bills_it(order_ids: Sequence[int]) -> Mapping[int, Hint]:
    """What is to be done for the money of orders whose tasks are done."""
    if not may_current(Permission.INVOICES_VIEW):
        return {}
    hints = {order_id: _hint(order_id, billing) for order_id, billing in bill_of(order_ids).items()}
    return {order_id: hint for order_id, hint in hints.items() if hint is not None}


def _hint(order_id: int, billing: Billing) -> Hint | None:
    if billing.latest is not None:
        return _collect(*billing.latest)
    if billing.drafts:
        url = url_for("invoices.detail", invoice_id=billing.drafts[0].id)
        return Hint("Issue the invoice", "It is drafted; the customer has not got it yet", url)
    if billing.state is not OrderState.FULFILLED or (billing.issued and billing.unbilled <= 0):
        return None
    act, rest = None, "the rest is not invoiced yet" if billing.issued else "not invoiced yet"
    if may_current(Permission.INVOICES_DRAFT):
        act = Act("Draft the invoice", url_for("invoices.draft"), {"order_id": order_id}, key="i")
    where = url_for("orders.detail", order_id=order_id) + "#invoices"
    return Hint("Invoice it", f"Fulfilled on {day(billing.fulfilled_on)}, {rest}", where, act=act)


def _collect(invoice: Invoice, position: Position) -> Hint:
    url, amount = url_for("invoices.detail", invoice_id=invoice.id), money(position.open, invoice.currency)
    if days := position.days_past_due:
        return Hint("Ask for the money", f"{amount} of {invoice.number} is {days} d overdue", url, is_late=True)
    return Hint("Wait for the money", f"{amount} of {invoice.number} is due {day(invoice.due_on)}", url)


@glance_for("order", place=30, permission="invoices.view")
def glance_at_billing(order_ids: Sequence[int]) -> Mapping[int, Glance]:
    """What is invoiced and what is open of it."""
    found = bill_of(order_ids)
    return {order_id: Glance(facts=_facts(billing), billed=billing.billed) for order_id, billing in found.items()}


def _facts(billing: Billing) -> tuple[Fact, ...]:
    if not billing.issued:
        return ()
    first = billing.issued[0][0]
    url = url_for("invoices.detail", invoice_id=first.id)
    invoiced = Fact("Invoiced", money(billing.invoiced, first.currency), "with tax", url)
    if billing.latest is None:
        return (invoiced, Fact("Open", money(0, first.currency), "paid in full", url))
    days = billing.latest[1].days_past_due
    more = f"{days} d overdue" if days else f"due {day(billing.latest[0].due_on)}"
    return (invoiced, Fact("Open", money(billing.open, first.currency), more, url))
