"""Passes the ball of an order on, so that at any moment exactly one party holds it."""

from datetime import datetime

from sqlalchemy import select

from app.db.base import session
from app.orders.models import Order, OrderState
from app.orders.queries import get_order
from app.tasks.models import Task
from app.tasks.models_holder import OrderHolder, TaskPause
from app.tasks.queries import list_tasks_of
from app.tasks.rules_holder import decide_holder
from app.tasks.services_sla import set_clocks


def pass_ball(order_id: int, *, now: datetime) -> str | None:
    """Whoever should hold the ball now holds it from now on; nobody when the order is not open. Returns the holder.

    To be called, with the order locked, after anything that decides who holds: tasks, holds, the order's state. The
    same things start and stop the clocks of the tasks, so they are set as well.
    """
    order = get_order(order_id)
    wanted = _decide(order)
    current = session().scalars(
        select(OrderHolder).where(OrderHolder.order_id == order.id, OrderHolder.until.is_(None))
    ).first()  # fmt: skip
    if current is None:
        if wanted is not None:
            session().add(OrderHolder(order_id=order.id, holder=wanted, since=_begins(order, now)))
    elif wanted is None:
        current.until = now
    elif current.holder != wanted:
        if current.since == now:
            current.holder = wanted  # nobody held it for no time
        else:
            current.until = now
            session().flush()
            session().add(OrderHolder(order_id=order.id, holder=wanted, since=now))
    session().flush()
    set_clocks(order.id, now=now)
    return wanted


def end_pause(task: Task, *, now: datetime) -> None:
    """A task that is finished or closed waits for nobody any more."""
    if task.is_paused:
        standing = select(TaskPause).where(TaskPause.task_id == task.id, TaskPause.until.is_(None))
        session().scalars(standing).one().until = now
        task.is_paused = False


def _decide(order: Order) -> str | None:
    if order.state is not OrderState.IN_PROGRESS:
        return None
    return decide_holder(list_tasks_of(order.id), is_held=order.held_at is not None)


def _begins(order: Order, now: datetime) -> datetime:
    """The first holder holds from the moment the order was opened."""
    known = session().scalar(select(OrderHolder.id).where(OrderHolder.order_id == order.id).limit(1))
    return now if known else order.opened_at
