"""Reads the ladder, who leads which department, and who is told about which task when."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Select, or_, select

from app.auth.models import User
from app.db.base import session
from app.tasks.models import Department, Task
from app.tasks.models_escalation import EscalationLevel, TaskEscalation
from app.tasks.rules_escalation import Colleague, Level, Place
from app.tasks.rules_scope import Scope


def list_levels() -> tuple[Level, ...]:
    """The ladder, lowest level first."""
    stored = session().scalars(select(EscalationLevel).order_by(EscalationLevel.position))
    return tuple(Level(one.position, one.share_percent, one.who) for one in stored)


def list_steps_of(task_ids: Sequence[int]) -> list[TaskEscalation]:
    """Every step of these tasks, planned and told, by task and level."""
    steps = select(TaskEscalation).where(TaskEscalation.task_id.in_(task_ids))
    order = (TaskEscalation.task_id, TaskEscalation.round, TaskEscalation.position)
    return list(session().scalars(steps.order_by(*order))) if task_ids else []


def select_planned(scope: Scope) -> Select[TaskEscalation]:
    """What will be told if nobody acts, as far as the tasks are in somebody's sight."""
    planned = select(TaskEscalation).where(TaskEscalation.notified_at.is_(None))
    if scope.sees_all:
        return planned
    own = Task.assignee_id.in_([person for person, _department in scope.people])
    seen = or_(own, Task.department_code.in_(scope.departments))
    return planned.join(Task, Task.id == TaskEscalation.task_id).where(seen)


def list_due(now: datetime, most: int) -> list[tuple[int, int]]:
    """(step, task) whose instant is past and that nobody was told, by order, so that locks are taken in one order."""
    due = (
        select(TaskEscalation.id, TaskEscalation.task_id, Task.order_id)
        .join(Task, Task.id == TaskEscalation.task_id)
        .where(TaskEscalation.notified_at.is_(None), TaskEscalation.due_at <= now)
        .order_by(TaskEscalation.due_at, TaskEscalation.id)
        .limit(most)
    )
    rows = sorted(session().execute(due), key=lambda row: (row.order_id, row.id))
    return [(row.id, row.task_id) for row in rows]


def list_colleagues() -> list[Colleague]:
    """Who works here now, by name."""
    active = select(User).where(User.active.is_(True)).order_by(User.name, User.id)
    return [
        Colleague(person.id, person.display_name, person.email, person.role, person.department_code)
        for person in session().scalars(active)
    ]


def name_leads() -> dict[str, int | None]:
    """Who leads each department."""
    return {row.code: row.lead_id for row in session().execute(select(Department.code, Department.lead_id))}


def places_of(tasks: Iterable[Task]) -> dict[int, Place]:
    """Where each task stands, for `choose_receivers`."""
    leads = name_leads()
    return {task.id: Place(task.department_code, task.assignee_id, leads.get(task.department_code)) for task in tasks}
