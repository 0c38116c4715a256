"""Reads deliveries, and how much of orders is delivered."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import select

from app.db.base import session
from app.kernel.errors import NotFound
from app.orders.models import Order, OrderLine
from app.orders.models_deliveries import OrderDelivery
from app.orders.rules_deliver import percent_delivered


class _Line(NamedTuple):
    order_id: int
    currency: str
    quantity: Decimal
    cancelled_quantity: Decimal
    fulfilled_quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal

    @property
    def standing(self) -> Decimal:
        return self.quantity - self.cancelled_quantity


class DeliveryUnknown(NotFound):
    """There is no such delivery."""


def get_delivery(delivery_id: int) -> OrderDelivery:
    delivery = session().get(OrderDelivery, delivery_id)
    if delivery is None:
        raise DeliveryUnknown
    return delivery


def list_deliveries(order_id: int) -> list[OrderDelivery]:
    """What was delivered of an order, the newest first, with what was taken back."""
    statement = select(OrderDelivery).where(OrderDelivery.order_id == order_id).order_by(OrderDelivery.id.desc())
    return list(session().scalars(statement))


def percents_delivered(order_ids: Sequence[int]) -> dict[int, int | None]:
    """The share of each order's value that is delivered, with one statement."""
    columns = (
        OrderLine.order_id, Order.currency, OrderLine.quantity, OrderLine.cancelled_quantity,
        OrderLine.fulfilled_quantity, OrderLine.unit_price, OrderLine.discount_percent,
    )  # fmt: skip
    wanted = select(*columns).join(Order, Order.id == OrderLine.order_id).where(OrderLine.order_id.in_(set(order_ids)))
    lines = [_Line(*row) for row in session().execute(wanted.order_by(OrderLine.order_id))] if order_ids else []
    grouped = ((order_id, list(found)) for order_id, found in groupby(lines, key=lambda line: line.order_id))
    return {order_id: percent_delivered(found, found[0].currency) for order_id, found in grouped}
