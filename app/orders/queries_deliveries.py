"""Reads deliveries."""

from sqlalchemy import select

from app.db.base import session
from app.kernel.errors import NotFound
from app.orders.models_deliveries import OrderDelivery


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
