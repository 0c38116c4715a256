"""Knows how long tasks of the demo's running orders may take, and who was told of those that took longer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select

from app.db.base import session
from app.tasks.models import Department, Task, TaskState
from app.tasks.models_escalation import TaskEscalation
from app.tasks.services_escalation import acknowledge, climb, set_target

MOST_TASKS = 12
DAY = 8 * 60
TARGETS = (2 * 60, 10 * DAY, DAY, 40 * DAY)


def run_clocks(people: Mapping[str, str], now: datetime) -> None:
    """Of the open tasks some have time, some are at risk and some late; one of them is seen to."""
    for department in session().scalars(select(Department).where(Department.code.in_(people))):
        department.lead_id = int(people[department.code].removeprefix("user:"))
    newest = select(Task).where(Task.state == TaskState.OPEN, Task.target_minutes.is_(None))
    newest = newest.order_by(Task.opened_at.desc(), Task.id.desc()).limit(MOST_TASKS)
    for place, task in enumerate(session().scalars(newest).all()):
        at = max(task.opened_at, now - timedelta(days=30))
        set_target(task.id, TARGETS[place % len(TARGETS)], actor=people["manager"], now=at)
    past = select(TaskEscalation.due_at).where(TaskEscalation.due_at <= now).distinct().order_by(TaskEscalation.due_at)
    for at in session().scalars(past).all():
        climb(now=at)
    told = session().scalars(select(TaskEscalation.task_id).where(TaskEscalation.notified_at.is_not(None))).first()
    if told:
        acknowledge(told, actor=people["clerk"], now=now)
