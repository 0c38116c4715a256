"""What became of some running orders of the demo after they were accepted: dates, a delivery in part, amendments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from app.company.queries import business_today
from app.db.base import session
from app.orders.models import Order, OrderState
from app.orders.rules_amend import AmendmentWish, LineWish
from app.orders.services_amendments import propose_amendment
from app.orders.services_deliveries import record_delivery, set_dates

# how much more of the first line, and why: the first counts at once, the second waits for a manager
AMENDMENTS = ((Decimal(0), "They pay later, as their new contract says."), (Decimal(3), "The second site joins in."))
LONGER = ("60 days", "90 days")


def amend_some(people: Mapping[str, str], now: datetime) -> None:
    """The newest running orders that nothing holds; nothing where none runs."""
    running = select(Order).where(Order.state == OrderState.IN_PROGRESS, Order.held_at.is_(None))
    orders = list(session().scalars(running.order_by(Order.id.desc()).limit(3)))
    clerk, today = people["clerk"], business_today(now)
    for order in orders[:1]:
        days = (today - timedelta(days=1), today + timedelta(days=1))  # asked for, promised
        set_dates(order.id, {line.id: days for line in order.lines}, actor=clerk, now=now)
        line = order.lines[0]
        half = max((line.quantity / 2).quantize(Decimal(1)), Decimal(1))
        record_delivery(order.id, {line.id: min(half, line.left)}, on=today, note="First pallet", actor=clerk, now=now)
    for order, (times, reason) in zip(orders[1:], AMENDMENTS, strict=False):
        line = order.lines[0]
        wish = LineWish(
            line_id=line.id,
            quantity=line.quantity * (1 + times),
            unit_price=line.unit_price,
            discount_percent=line.discount_percent,
            requested_on=line.requested_on,
            promised_on=line.promised_on,
        )
        longer = next(terms for terms in LONGER if terms != order.payment_terms)
        terms = order.payment_terms if times else longer
        propose_amendment(
            order.id,
            AmendmentWish(
                reason=reason,
                payment_terms=terms,
                po_number=order.po_number,
                lines=(wish,),
            ),
            actor=clerk,
            now=now,
        )
