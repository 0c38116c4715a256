"""Lets a task wait for the customer, and go on again."""

from datetime import datetime

from app.db.base import session
from app.kernel.errors import RuleError
from app.kernel.texts import clean_line
from app.tasks.models import Task, TaskState
from app.tasks.models_holder import TaskPause
from app.tasks.services import lock_task, record_task
from app.tasks.services_holder import end_pause, pass_ball


class NotWaiting(RuleError):
    """This task does not wait for the customer."""


class WaitsAlready(RuleError):
    """This task waits for the customer already."""


class NothingToPause(RuleError):
    """Only an open task can wait for the customer."""


def pause_task(task_id: int, reason: str, *, version: int | None = None, actor: str, now: datetime) -> Task:
    """The customer has to do something first: the clock stands still. Raises NothingToPause, WaitsAlready, BadInput."""
    task, order = lock_task(task_id, version)
    if task.state is not TaskState.OPEN:
        raise NothingToPause
    if task.is_paused:
        raise WaitsAlready
    said = clean_line(reason, "reason", required=True)
    session().add(TaskPause(task_id=task.id, reason=said, since=now, paused_by=actor))
    task.is_paused = True
    task.version += 1
    record_task("task.paused", task, order, actor=actor, now=now, title=task.title, reason=said)
    session().flush()
    pass_ball(order.id, now=now)
    return task


def resume_task(task_id: int, *, version: int | None = None, actor: str, now: datetime) -> Task:
    """The customer did their part: the clock goes on. Raises NotWaiting."""
    task, order = lock_task(task_id, version)
    if not task.is_paused:
        raise NotWaiting
    end_pause(task, now=now)
    task.version += 1
    record_task("task.resumed", task, order, actor=actor, now=now, title=task.title)
    session().flush()
    pass_ball(order.id, now=now)
    return task
