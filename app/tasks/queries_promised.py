"""Reads which task each promise of Sales became."""

from collections.abc import Sequence

from sqlalchemy import select

from app.db.base import session
from app.deals.models_handoff import DealPromise
from app.tasks.models import Task


def code_of(promise: DealPromise) -> str:
    """What the task of a promise is called within its order."""
    return f"promise_{promise.id}"


def find_promised_tasks(order_id: int, promises: Sequence[DealPromise]) -> dict[int, Task]:
    """The task of each promise that has become one, by the promise's id."""
    codes = {code_of(promise): promise.id for promise in promises}
    statement = select(Task).where(Task.order_id == order_id, Task.code.in_(codes))
    return {codes[task.code]: task for task in session().scalars(statement)}
