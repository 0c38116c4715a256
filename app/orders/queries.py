"""Reads orders: one, the list of each state in its order, and what each state is worth."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, func, or_, select

from app.customers import queries as customers
from app.customers.models import Customer
from app.db.base import session
from app.kernel.errors import NotFound
from app.orders.models import Order, OrderState


class OrderUnknown(NotFound):
    """There is no such order."""


def get_order(order_id: int) -> Order:
    order = session().get(Order, order_id)
    if order is None:
        raise OrderUnknown
    return order


def find_order_of(deal_id: int) -> Order | None:
    return session().scalars(select(Order).where(Order.deal_id == deal_id)).first()


def find_by_number(number: str) -> Order | None:
    return session().scalars(select(Order).where(Order.number == number.strip().upper())).first()


def numbers_of(order_ids: Sequence[int]) -> dict[int, str]:
    """Number by id, for pages that list something else."""
    if not order_ids:
        return {}
    rows = session().execute(select(Order.id, Order.number).where(Order.id.in_(set(order_ids))))
    return {row.id: row.number for row in rows}


def filter_orders(
    *,
    state: OrderState | None = None,
    customer_id: int | None = None,
    query: str = "",
    late_on: date | None = None,
) -> Select[Order]:
    """Orders with these properties; `query` is an order or purchase order number, or words of the customer's name."""
    statement = select(Order)
    if state is not None:
        statement = statement.where(Order.state == state)
    if customer_id is not None:
        statement = statement.where(Order.customer_id == customer_id)
    if late_on is not None:
        statement = statement.where(Order.state == OrderState.IN_PROGRESS, Order.due_on < late_on)
    if words := query.strip():
        matching = customers.filter_customers(query=words).with_only_columns(Customer.id)
        statement = statement.where(
            or_(Order.number == words.upper(), Order.po_number == words, Order.customer_id.in_(matching))
        )
    return statement


def count_by_state() -> dict[OrderState, int]:
    rows = session().execute(select(Order.state, func.count()).group_by(Order.state))
    counted = {state: int(number) for state, number in rows}
    return {state: counted.get(state, 0) for state in OrderState}


def totals_by_state() -> dict[OrderState, dict[str, int]]:
    """Net value per currency (minor units) of the orders in each state."""
    summed = select(Order.state, Order.currency, func.sum(Order.net_total)).group_by(Order.state, Order.currency)
    totals: dict[OrderState, dict[str, int]] = {state: {} for state in OrderState}
    for state, currency, total in session().execute(summed):
        totals[state][currency] = int(total)
    return totals


def count_late(on: date) -> int:
    late = filter_orders(late_on=on).with_only_columns(func.count()).order_by(None)
    return session().scalar(late) or 0


def list_orders_of(customer_id: int, *, limit: int = 10) -> list[Order]:
    """The newest orders of a customer."""
    statement = select(Order).where(Order.customer_id == customer_id).order_by(Order.id.desc()).limit(limit)
    return list(session().scalars(statement))
