"""Knows how long tasks of the demo's running orders may take, and who was told of those that took longer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select

from app.db.base import session
from app.tasks.models import Department, Task, TaskState
from app.tasks.queries_escalation import list_steps_of
from app.tasks.services_escalation import acknowledge, climb, set_target

MOST_TASKS = 12
DAY = 8 * 60
TARGETS = (2 * 60, 10 * DAY, DAY, 40 * DAY)


def run_clocks(people: Mapping[str, str], now: datetime) -> None:
    """Of the newest open tasks some have time, some are at risk and some late; one of them is seen to."""
    for department in session().scalars(select(Department).where(Department.code.in_(people))):
        department.lead_id = int(people[department.code].removeprefix("user:"))
    newest = select(Task).where(Task.state == TaskState.OPEN).order_by(Task.opened_at.desc(), Task.id.desc())
    tasks = session().scalars(newest.limit(MOST_TASKS)).all()
    for place, task in enumerate(tasks):
        at = max(task.opened_at, now - timedelta(days=30))
        set_target(task.id, TARGETS[place % len(TARGETS)], actor=people["manager"], now=at)
    for at in sorted({step.due_at for step in list_steps_of([task.id for task in tasks]) if step.due_at <= now}):
        climb(now=at)
    told = [step.task_id for step in list_steps_of([task.id for task in tasks]) if step.notified_at]
    if told:
        acknowledge(told[0], actor=people["clerk"], now=now)
