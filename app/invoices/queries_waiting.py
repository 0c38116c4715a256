"""Finds fulfilled orders of which something is to be invoiced: what never was, and what credit notes gave back."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.customers.models import Customer
from app.db.base import session
from app.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState
from app.orders.models import Order, OrderLine, OrderState


class Waiting(enum.StrEnum):
    """Why something of an order is not invoiced: `?waiting=`."""

    NEVER = "never"  # no draft and no invoice asks for it
    CREDITED = "credited"  # it was credited, and no invoice took the place of the credited one


def select_to_invoice(waiting: Waiting = Waiting.NEVER) -> Select[Any]:
    """Fulfilled orders of which something is not on a draft or invoice, with their customers."""
    columns: list[Any] = [
        Order.id, Order.number, Order.currency, Order.net_total, Order.billed_net, Order.fulfilled_on, Order.po_number,
        Order.payment_terms, Order.customer_id, Customer.name.label("customer"), Customer.billing_email,
        _drafted_net().label("drafted"),
    ]  # fmt: skip
    statement = select(*columns).join(Customer, Customer.id == Order.customer_id)
    return statement.where(Order.state == OrderState.FULFILLED, exists(_lines_left(waiting)))


def list_chosen(order_ids: Sequence[int]) -> list[Any]:
    """The orders among these of which something is to be invoiced: id, number, currency, customer and net left."""
    anything = or_(exists(_lines_left(Waiting.NEVER)), exists(_lines_left(Waiting.CREDITED)))
    left = (Order.net_total - Order.billed_net - _drafted_net()).label("left")
    chosen = select(Order.id, Order.number, Order.currency, Customer.name, Customer.billing_email, left)
    chosen = chosen.join(Customer, Customer.id == Order.customer_id).where(Order.id.in_(order_ids), anything)
    return list(session().execute(chosen.order_by(Order.id)))


def quantity_left() -> ColumnElement[Any]:
    """Of an order line: what is ordered, less drafts and invoices, with what issued credit notes gave back."""
    signed = case((Invoice.kind == InvoiceKind.CREDIT_NOTE, -InvoiceLine.quantity), else_=InvoiceLine.quantity)
    counted = or_(Invoice.kind == InvoiceKind.INVOICE, Invoice.state == InvoiceState.ISSUED)
    return OrderLine.quantity - OrderLine.cancelled_quantity - _sum_of(signed, counted)


def _quantity_undecided() -> ColumnElement[Any]:
    """What of an order line issued credit notes gave back without an invoice in the place of the credited one.

    Whether it is invoiced again is decided order by order, so it is not asked for together with the rest.
    """
    again = aliased(Invoice)
    is_replaced = exists(select(again.id).where(again.replaces_id == Invoice.original_id))
    issued = and_(Invoice.kind == InvoiceKind.CREDIT_NOTE, Invoice.state == InvoiceState.ISSUED)
    return _sum_of(InvoiceLine.quantity, and_(issued, ~is_replaced))


def _sum_of(quantity: Any, counted: Any) -> ColumnElement[Any]:
    summed = (
        select(func.coalesce(func.sum(quantity), 0))
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(InvoiceLine.order_line_id == OrderLine.id, counted)
    )
    return summed.correlate(OrderLine).scalar_subquery()


def _lines_left(waiting: Waiting) -> Select[Any]:
    left, undecided = quantity_left(), _quantity_undecided()
    wanted = and_(left > 0, undecided > 0) if waiting is Waiting.CREDITED else left > undecided
    return select(OrderLine.id).where(OrderLine.order_id == Order.id, wanted).correlate(Order)


def _drafted_net() -> Any:
    """What drafts already ask for of the order, without tax; read for the rows of a page."""
    drafted = (
        select(func.sum(InvoiceLine.net))
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Invoice.kind == InvoiceKind.INVOICE, Invoice.state == InvoiceState.DRAFT)
        .where(or_(Invoice.order_id == Order.id, InvoiceLine.order_id == Order.id))
        .correlate(Order)
    )
    return func.coalesce(drafted.scalar_subquery(), 0)
