"""What the invoices wing adds to the pages of orders and customers."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup
from sqlalchemy import select

from app.auth.rules import Permission
from app.db.base import session
from app.invoices import billing, queries  # noqa: F401 - billing registers stages, hints and figures of orders
from app.invoices.models import Invoice
from app.invoices.queries_recurring import list_of_customer
from app.orders.models import Order, OrderState
from app.web.filters import request_today
from app.web.panels import Panel, panel_for

MOST_SHOWN = 10


@panel_for("order", place=30, permission=Permission.INVOICES_VIEW)
def order_invoices(order_id: int) -> Panel | None:
    """The order's invoices, and what is left to invoice."""
    order = session().get(Order, order_id)
    if order is None:
        return None
    invoices = queries.list_of_order(order_id)
    can_draft = (
        order.held_at is None
        and order.state is not OrderState.CANCELLED
        and any(queries.remaining_quantities(order).values())
    )
    body = render_template(
        "invoices/_panel.html",
        invoices=invoices,
        positions=queries.positions_of(invoices, request_today()),
        order=order if can_draft else None,
        is_ahead=order.state is OrderState.IN_PROGRESS,
        recurring_of=order_id,
        has_delivered=order.state is OrderState.IN_PROGRESS and any(queries.delivered_quantities(order).values()),
    )
    return Panel("Invoices", Markup(body), count=len(invoices), flush=bool(invoices))  # noqa: S704 - our own template


@panel_for("customer", place=30, permission=Permission.INVOICES_VIEW)
def customer_invoices(customer_id: int) -> Panel:
    """The newest invoices of the customer."""
    newest = select(Invoice).where(Invoice.customer_id == customer_id).order_by(Invoice.id.desc()).limit(MOST_SHOWN)
    invoices = list(session().scalars(newest))
    body = render_template(
        "invoices/_panel.html",
        invoices=invoices,
        positions=queries.positions_of(invoices, request_today()),
        order=None,
        plans=list_of_customer(customer_id),
        is_ahead=False,
        customer_id=customer_id,
    )
    return Panel("Invoices", Markup(body), flush=bool(invoices))  # noqa: S704 - our own template
