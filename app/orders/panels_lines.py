"""Knows what an order's page says of its lines: what was ordered, promised and delivered, and who has to agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from flask import render_template, url_for
from markupsafe import Markup

from app.auth.guards import get_actor, may_current
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.orders.models import OrderState
from app.orders.queries import get_order
from app.orders.queries_amendments import list_proposals
from app.orders.queries_deliveries import list_deliveries
from app.orders.rules import line_net
from app.orders.rules_deliver import is_late, percent_delivered
from app.web.filters import day, request_today
from app.web.panels import Hint, Panel, hints_for, panel_for


@panel_for("order", place=40)
def show_lines(order_id: int) -> Panel:
    """What was ordered, line by line, with what is delivered of it and what may be done."""
    order = get_order(order_id)
    is_running = order.state is OrderState.IN_PROGRESS
    lines = [
        (
            line,
            line_net(line.standing, line.unit_price, line.discount_percent, order.currency),
            is_running and is_late(line, request_today()),
        )
        for line in order.lines
    ]
    body = render_template(
        "orders/_lines.html",
        order=order,
        lines=lines,
        is_running=is_running,
        has_days=any(line.requested_on or line.promised_on for line in order.lines),
        delivered_on=_last_days(order_id),
        delivered=percent_delivered(order.lines, order.currency),
    )
    return Panel("Lines", Markup(body), count=len(order.lines), flush=True)  # noqa: S704 - the template escapes


def _last_days(order_id: int) -> dict[int, date]:
    """When a line was last delivered, by its id."""
    standing = [one for one in list_deliveries(order_id) if one.undone_at is None]
    return {one.line_id: one.delivered_on for one in sorted(standing, key=lambda one: one.delivered_on)}


@panel_for("order", place=42)
def show_deliveries(order_id: int) -> Panel | None:
    """What was delivered and when, the newest first."""
    deliveries = list_deliveries(order_id)
    if not deliveries:
        return None
    order = get_order(order_id)
    body = render_template(
        "orders/_deliveries.html",
        order=order,
        deliveries=deliveries,
        lines={line.id: line for line in order.lines},
        names=name_actors({one.recorded_by for one in deliveries}),
        is_running=order.state is OrderState.IN_PROGRESS,
    )
    still = sum(one.undone_at is None for one in deliveries)
    return Panel("Deliveries", Markup(body), count=still or None, flush=True)  # noqa: S704 - the template escapes


@hints_for("order", place=7)
def what_waits_for_approval(order_ids: Sequence[int]) -> Mapping[int, Hint]:
    """An amendment this person may decide about."""
    if not may_current(Permission.ORDERS_APPROVE):
        return {}
    return {
        one.order_id: Hint(
            f"Decide about amendment {one.number}",
            f"proposed {day(one.proposed_at)}: {one.reason}",
            url_for("orders.versions", order_id=one.order_id),
        )
        for one in list_proposals(order_ids)
        if one.proposed_by != get_actor()
    }
