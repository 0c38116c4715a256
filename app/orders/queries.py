"""Reads orders: one, the list of each state in its order, and what each state is worth."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select

from app.customers import queries as customers
from app.customers.models import Customer
from app.customers.rules import search_key
from app.db.base import session
from app.kernel.errors import NotFound
from app.orders.models import Order, OrderState
from app.orders.models_amendments import OrderAmendment
from app.orders.rules_amend import AmendmentState

SOON = timedelta(days=7)


class OrderUnknown(NotFound):
    """There is no such order."""


class View(enum.StrEnum):
    """A list of orders that people ask for. On time and late together are in progress."""

    IN_PROGRESS = "in_progress"
    ON_TIME = "on_time"
    LATE = "late"
    DUE_SOON = "due_soon"
    ON_HOLD = "on_hold"
    TO_APPROVE = "to_approve"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    ALL = "all"


RUNNING = frozenset({View.IN_PROGRESS, View.ON_TIME, View.LATE, View.DUE_SOON, View.ON_HOLD, View.TO_APPROVE})


@dataclass(frozen=True)
class Head:
    """What other lists say about an order."""

    id: int
    number: str
    state: OrderState
    customer_id: int
    customer: str
    ordered_on: date


@dataclass
class Worth:
    """How many orders, and their net value per currency in minor units."""

    count: int = 0
    totals: dict[str, int] = field(default_factory=dict)

    def add(self, currency: str, count: int, total: int) -> None:
        self.count += count
        self.totals[currency] = self.totals.get(currency, 0) + total


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


def heads_of(order_ids: Sequence[int]) -> dict[int, Head]:
    """Number, state and customer by id, for pages that list something else."""
    if not order_ids:
        return {}
    rows = session().execute(
        select(Order.id, Order.number, Order.state, Order.customer_id, Customer.name, Order.ordered_on)
        .join(Customer, Customer.id == Order.customer_id)
        .where(Order.id.in_(set(order_ids)))
    )
    return {row[0]: Head(*row) for row in rows}


def filter_view(view: View, today: date, *, customer_id: int | None = None, query: str = "") -> Select[Order]:
    """The orders of a view, narrowed to a customer and a text."""
    return filter_orders(customer_id=customer_id, query=query).where(*_conditions(view, today))


def _conditions(view: View, today: date) -> list[ColumnElement[bool]]:
    running = Order.state == OrderState.IN_PROGRESS
    proposed = select(OrderAmendment.order_id).where(OrderAmendment.state == AmendmentState.PROPOSED)
    conditions: dict[View, list[ColumnElement[bool]]] = {
        View.ALL: [],
        View.IN_PROGRESS: [running],
        View.ON_TIME: [running, Order.due_on >= today],
        View.LATE: [running, Order.due_on < today],
        View.DUE_SOON: [running, Order.due_on >= today, Order.due_on <= today + SOON],
        View.ON_HOLD: [Order.held_at.is_not(None)],
        View.TO_APPROVE: [Order.id.in_(proposed)],
        View.FULFILLED: [Order.state == OrderState.FULFILLED],
        View.CANCELLED: [Order.state == OrderState.CANCELLED],
    }
    return conditions[view]


def filter_orders(
    *,
    state: OrderState | None = None,
    customer_id: int | None = None,
    query: str = "",
    late_on: date | None = None,
) -> Select[Order]:
    """Orders with these properties; `query` is part of an order or purchase order number, or words of the customer."""
    statement = select(Order)
    if state is not None:
        statement = statement.where(Order.state == state)
    if customer_id is not None:
        statement = statement.where(Order.customer_id == customer_id)
    if late_on is not None:
        statement = statement.where(Order.state == OrderState.IN_PROGRESS, Order.due_on < late_on)
    if words := query.strip():
        statement = statement.where(_matches(words))
    return statement


def _matches(words: str) -> ColumnElement[bool]:
    matching = customers.filter_customers(query=words).with_only_columns(Customer.id)
    return or_(
        Order.number.icontains(words, autoescape=True),
        Order.po_number.icontains(words, autoescape=True),
        # signs alone are no words, and would match every customer
        Order.customer_id.in_(matching) if search_key(words) else false(),
    )


def count_by_state() -> dict[OrderState, int]:
    rows = session().execute(select(Order.state, func.count()).group_by(Order.state))
    counted = {state: int(number) for state, number in rows}
    return {state: counted.get(state, 0) for state in OrderState}


def worth_by_view(today: date) -> dict[View, Worth]:
    """Count and value of the views that share every order among them: on time, late, fulfilled, cancelled."""
    is_late = case((and_(Order.state == OrderState.IN_PROGRESS, Order.due_on < today), 1), else_=0)
    rows = session().execute(
        select(Order.state, is_late, Order.currency, func.count(), func.sum(Order.net_total))
        .group_by(Order.state, is_late, Order.currency)
        .order_by(Order.currency)
    )
    found = {view: Worth() for view in (View.ON_TIME, View.LATE, View.FULFILLED, View.CANCELLED)}
    for state, late, currency, count, total in rows:
        view = (View.LATE if late else View.ON_TIME) if state is OrderState.IN_PROGRESS else View(state.value)
        found[view].add(currency, int(count), int(total))
    return found


def worth_of(statement: Select[Any]) -> Worth:
    """Count and value of the orders of a list."""
    summed = statement.with_only_columns(Order.currency, func.count(), func.sum(Order.net_total)).order_by(None)
    worth = Worth()
    for currency, count, total in session().execute(summed.group_by(Order.currency).order_by(Order.currency)):
        worth.add(currency, int(count), int(total))
    return worth


def count_late(on: date) -> int:
    late = filter_orders(late_on=on).with_only_columns(func.count())
    return session().scalar(late) or 0


def list_orders_of(customer_id: int, *, limit: int = 10) -> list[Order]:
    """The newest orders of a customer."""
    statement = select(Order).where(Order.customer_id == customer_id).order_by(Order.id.desc()).limit(limit)
    return list(session().scalars(statement))
