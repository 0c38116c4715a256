"""Reads the queue of exceptions: one, those of an order, and the list by state, cause and who sees to it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from app.db.base import session
from app.kernel.errors import NotFound
from app.orders.models_exceptions import OrderException
from app.orders.rules_exceptions import Cause, ExceptionState


class ExceptionUnknown(NotFound):
    """There is no such exception."""


def get_exception(exception_id: int, *, lock: bool = False) -> OrderException:
    found = session().get(OrderException, exception_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise ExceptionUnknown
    return found


def list_exceptions_of(order_id: int) -> Sequence[OrderException]:
    """All that was ever raised on an order, the newest first."""
    chosen = select(OrderException).where(OrderException.order_id == order_id)
    return session().scalars(chosen.order_by(OrderException.id.desc())).all()


def find_unresolved_from(order_id: int, source: str) -> OrderException | None:
    """What this source raised on the order and nobody has resolved."""
    chosen = select(OrderException).where(OrderException.order_id == order_id, OrderException.source == source)
    return session().scalars(chosen.where(OrderException.state != ExceptionState.RESOLVED)).first()


def select_exceptions(
    today: date,
    *,
    state: ExceptionState | None = None,
    cause: Cause | None = None,
    mine: Sequence[tuple[int, str | None]] = (),
) -> Select[Any]:
    """Exceptions in this standing today; `mine` are people with their departments."""
    statement = select(OrderException)
    if state is not None:
        statement = statement.where(_stands(state, today))
    if cause is not None:
        statement = statement.where(OrderException.cause == cause)
    if mine:
        statement = statement.where(or_(*(_belongs(*person) for person in mine)))
    return statement


def _stands(state: ExceptionState, today: date) -> ColumnElement[bool]:
    """As `rules_exceptions.standing`: one that is suspended until today is open."""
    suspended, until = OrderException.state == ExceptionState.SUSPENDED, OrderException.suspended_until
    if state is ExceptionState.OPEN:
        return or_(OrderException.state == ExceptionState.OPEN, and_(suspended, until <= today))
    return and_(suspended, until > today) if state is ExceptionState.SUSPENDED else OrderException.state == state


def _belongs(user_id: int, department: str | None) -> ColumnElement[bool]:
    """The own ones, and those of the own department that nobody has yet."""
    own = OrderException.owner_id == user_id
    if not department:
        return own
    return or_(own, and_(OrderException.owner_id.is_(None), OrderException.department_code == department))
