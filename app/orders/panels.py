"""What orders add to the pages of deals and customers, and the first stages on an order's way."""

from __future__ import annotations

from flask import render_template, url_for
from markupsafe import Markup

from app.deals.queries import get_deal
from app.orders import queries
from app.orders.models import Order, OrderState
from app.web.filters import day
from app.web.panels import Panel, Stage, list_hints, panel_for, stages_for


@panel_for("deal", place=10, permission="orders.view")
def order_of_deal(deal_id: int) -> Panel | None:
    """The order that was opened for this deal."""
    order = queries.find_order_of(deal_id)
    return _panel("Order", [order]) if order else None


@panel_for("customer", place=20, permission="orders.view")
def orders_of_customer(customer_id: int) -> Panel | None:
    """The newest orders of this customer."""
    orders = queries.list_orders_of(customer_id)
    return _panel("Orders", orders) if orders else None


@stages_for("order", place=10)
def first_stages(order_id: int) -> list[Stage]:
    """From the closed deal to the opened order."""
    order = queries.get_order(order_id)
    deal = get_deal(order.deal_id)
    return [
        Stage("Deal", "done", f"closed {day(deal.closed_on)}", url_for("deals.detail", deal_id=deal.id)),
        Stage("Order", "stop" if order.state is OrderState.CANCELLED else "done", f"opened {day(order.ordered_on)}"),
    ]


def _panel(title: str, orders: list[Order]) -> Panel:
    hints = list_hints("order", [order.id for order in orders])
    body = Markup(render_template("orders/_panel.html", orders=orders, hints=hints))  # noqa: S704 - it escapes
    return Panel(title, body, count=len(orders) if len(orders) > 1 else None, flush=True)
