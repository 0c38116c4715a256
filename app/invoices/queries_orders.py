"""Finds what ties invoices to orders: one order on the invoice itself, or several, each on its lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select, union

from app.db.base import session
from app.invoices.models import Invoice, InvoiceLine
from app.orders.models import Order


def of_orders(order_ids: Sequence[int]) -> Any:
    """The condition that an invoice, or some line of it, is of one of these orders.

    By id alone: an OR over both tables would read every invoice of the state or kind beside it.
    """
    whole = select(Invoice.id).where(Invoice.order_id.in_(order_ids))
    return Invoice.id.in_(union(whole, _with_lines_of(order_ids)))


def order_ids_of(invoice: Invoice) -> list[int]:
    """The orders it is about, by id."""
    if invoice.order_id is not None:
        return [invoice.order_id]
    return sorted({line.order_id for line in invoice.lines if line.order_id is not None})


def orders_of(invoice: Invoice) -> list[Order]:
    chosen = order_ids_of(invoice)
    return list(session().scalars(select(Order).where(Order.id.in_(chosen)).order_by(Order.id))) if chosen else []


def lines_in(invoice: Invoice, order_id: int) -> list[InvoiceLine]:
    """Its lines that are of this order."""
    return [line for line in invoice.lines if line.order_id in (None, order_id)]


def share_in(invoice: Invoice, order_id: int) -> tuple[int, int]:
    """(net, gross) of an order on it, in minor units: the whole of an invoice over that order alone."""
    if invoice.order_id is not None:
        return invoice.net_total, invoice.gross_total
    lines = lines_in(invoice, order_id)
    return sum(line.net for line in lines), sum(line.gross for line in lines)


def shares_of(invoice_ids: Sequence[int]) -> dict[int, dict[int, tuple[int, int]]]:
    """Order -> invoice -> (net, gross) of it, for invoices over several orders."""
    if not invoice_ids:
        return {}
    columns = (InvoiceLine.order_id, InvoiceLine.invoice_id, func.sum(InvoiceLine.net), func.sum(InvoiceLine.gross))
    chosen = select(*columns).where(InvoiceLine.invoice_id.in_(invoice_ids), InvoiceLine.order_id.is_not(None))
    shares: dict[int, dict[int, tuple[int, int]]] = {}
    for order_id, invoice_id, net, gross in session().execute(
        chosen.group_by(InvoiceLine.order_id, InvoiceLine.invoice_id)
    ):
        shares.setdefault(order_id or 0, {})[invoice_id] = (int(net), int(gross))
    return shares


def day_delivered(order: Order) -> date | None:
    """The day it was fulfilled, or the last delivery so far."""
    return order.fulfilled_on or max((line.fulfilled_on for line in order.lines if line.fulfilled_on), default=None)


def _with_lines_of(order_ids: Sequence[int]) -> Select[Any]:
    return select(InvoiceLine.invoice_id).where(InvoiceLine.order_id.in_(order_ids))


def group_by_customer(order_ids: Sequence[int]) -> list[list[int]]:
    """The orders of each customer together, in the order given."""
    rows = session().execute(select(Order.id, Order.customer_id).where(Order.id.in_(order_ids)))
    whose = {row.id: row.customer_id for row in rows}
    groups: dict[int, list[int]] = {}
    for order_id in dict.fromkeys(order_ids):
        if order_id in whose:
            groups.setdefault(whose[order_id], []).append(order_id)
    return list(groups.values())
