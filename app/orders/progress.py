"""Knows what lists of orders say of their progress: age, and percent fulfilled and billed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache

from app.company.calendars import business_calendar
from app.orders.models import Order
from app.orders.queries_deliveries import percents_delivered
from app.orders.rules_age import Progress, percent_of
from app.web.filters import request_today
from app.web.glances import Summary


def build_progress(orders: Sequence[Order], summaries: Mapping[int, Summary]) -> dict[int, Progress]:
    """By order: how old it is, or was when it ended, and the shares of its value that are delivered and billed."""
    today, delivered = request_today(), percents_delivered([order.id for order in orders])
    calendar = business_calendar(today.year)
    # many orders of a long list were opened on the same day
    count = cache(calendar.working_days_between)

    def ended(order: Order) -> date:
        return order.fulfilled_on or order.cancelled_on or today

    return {
        order.id: Progress(
            age=count(order.ordered_on, ended(order)),
            fulfilled=delivered.get(order.id),
            billed=percent_of(summaries[order.id].billed, order.net_total),
        )
        for order in orders
    }
