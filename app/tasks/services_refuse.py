"""Keeps a task open that somebody refused: with the reason, and an exception on its order until it is decided again."""

from datetime import datetime

from app.db.base import session
from app.kernel.errors import RuleError
from app.kernel.texts import clean_block
from app.orders.queries_exceptions import find_unresolved_from
from app.orders.rules_exceptions import Cause
from app.orders.services_exceptions import raise_exception, restate_exception
from app.orders.services_holds import require_not_held
from app.tasks.models import Task
from app.tasks.queries import get_department, get_task
from app.tasks.rules_evidence import REFUSED, Evidence
from app.tasks.services import LIFECYCLE, exception_source, lock_task, read_source, record_task
from app.tasks.services_holder import end_pause, pass_ball

LONGEST_REASON = 1000


class NothingToRefuse(RuleError):
    """This task does not ask for a decision, so it cannot be refused."""


class StandsRefused(RuleError):
    """“{title}” still stands refused. Decide the task again, then this resolves itself."""


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
    """One exception for a task, however often it is refused before it is decided again; it says the newest reason."""
    source = exception_source(task)
    description = f"{get_department(task.department_code).name} refused “{task.title}”: {task.note}"
    if known := find_unresolved_from(task.order_id, source):
        restate_exception(known.id, description, actor=actor, now=now)
    else:
        raise_exception(
            task.order_id, Cause.REFUSED, description,
            department_code=task.department_code, source=source, actor=actor, now=now,
        )  # fmt: skip


def require_decided_again(source: str) -> None:
    """Raises StandsRefused while the task an exception comes from is still refused."""
    task_id = read_source(source)
    if task_id is not None and (task := get_task(task_id)).refusal:
        raise StandsRefused(title=task.title)
