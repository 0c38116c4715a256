"""Keeps a task open that somebody refused: with the reason, and an exception on its order until it is decided again."""

from datetime import datetime

from app.db.base import session
from app.kernel.errors import RuleError
from app.kernel.texts import clean_block
from app.orders.queries_exceptions import find_unresolved_from
from app.orders.rules_exceptions import Cause
from app.orders.services_exceptions import raise_exception
from app.orders.services_holds import require_not_held
from app.tasks.models import Task
from app.tasks.queries import get_department
from app.tasks.rules_evidence import REFUSED, Evidence
from app.tasks.services import LIFECYCLE, exception_source, lock_task, record_task
from app.tasks.services_holder import end_pause, pass_ball

LONGEST_REASON = 1000


class NothingToRefuse(RuleError):
    """This task does not ask for a decision, so it cannot be refused."""


def refuse_task(task_id: int, reason: str, *, version: int | None = None, actor: str, now: datetime) -> Task:
    """It stays open and frees nothing. Raises NothingToRefuse, OrderOnHold, MoveRefused, TextMissing at `note`."""
    task, order = lock_task(task_id, version)
    require_not_held(order)
    if task.evidence is not Evidence.DECISION:
        raise NothingToRefuse
    task.state = LIFECYCLE.move("refuse", task.state)
    task.note = clean_block(reason, "note", most=LONGEST_REASON, required=True)
    task.evidence_text = REFUSED
    end_pause(task, now=now)
    task.version += 1
    record_task("task.refused", task, order, actor=actor, now=now, title=task.title, reason=task.note)
    _raise(task, actor=actor, now=now)
    session().flush()
    pass_ball(order.id, now=now)
    return task


def _raise(task: Task, *, actor: str, now: datetime) -> None:
    """One exception for a task, however often it is refused before somebody resolves it."""
    if find_unresolved_from(task.order_id, exception_source(task)) is None:
        department = get_department(task.department_code).name
        raise_exception(
            task.order_id, Cause.REFUSED, f"{department} refused “{task.title}”: {task.note}",
            department_code=task.department_code, source=exception_source(task), actor=actor, now=now,
        )  # fmt: skip
