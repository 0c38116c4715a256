"""Reads the ladder, who leads which department, and who is told about which task when."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import aliased

from app.auth.models import User
from app.auth.queries_absence import find_stand_ins
from app.company.queries import business_today
from app.db.base import session
from app.tasks.models import Department, Task
from app.tasks.models_escalation import EscalationLevel, TaskEscalation
from app.tasks.rules_escalation import Colleague, Level, Place, choose_receivers
from app.tasks.rules_scope import Scope
from app.tasks.rules_told import Planned, forecast


def list_levels() -> tuple[Level, ...]:
    """The ladder, lowest level first."""
    stored = session().scalars(select(EscalationLevel).order_by(EscalationLevel.position))
    return tuple(Level(one.position, one.share_percent, one.who) for one in stored)


def list_steps_of(task_ids: Sequence[int]) -> list[TaskEscalation]:
    """Every step of these tasks, planned and told, by task and level."""
    steps = select(TaskEscalation).where(TaskEscalation.task_id.in_(task_ids))
    order = (TaskEscalation.task_id, TaskEscalation.round, TaskEscalation.position)
    return list(session().scalars(steps.order_by(*order))) if task_ids else []


def list_round_of(task: Task) -> list[TaskEscalation]:
    """The steps of the task's present round as they are stored now, lowest first."""
    steps = select(TaskEscalation).where(TaskEscalation.task_id == task.id, TaskEscalation.round == task.sla_round)
    fresh = steps.order_by(TaskEscalation.position).execution_options(populate_existing=True)
    return list(session().scalars(fresh))


def told_ids_of(steps: Iterable[TaskEscalation]) -> set[int]:
    """Everybody these steps told."""
    return {person for step in steps if step.notified_at for person in step.told_ids}


def highest_told(steps: Iterable[TaskEscalation]) -> int:
    """The highest level told; levels below it are not told any more."""
    return max((step.position for step in steps if step.notified_at), default=0)


def forecast_steps(
    task: Task, steps: Sequence[TaskEscalation], people: Sequence[Colleague], now: datetime
) -> Mapping[int, tuple[Colleague, ...]]:
    """Who the planned ones of a task's steps tell if nobody acts, by position; `steps` are those of one round."""
    return forecast_each([(task, steps)], people, now)[task.id]


def forecast_each(
    plans: Sequence[tuple[Task, Sequence[TaskEscalation]]], people: Sequence[Colleague], now: datetime
) -> dict[int, Mapping[int, tuple[Colleague, ...]]]:
    """As `forecast_steps` for many tasks, with the reads of one."""
    places = places_of(task for task, _steps in plans)
    stand_ins = find_stand_ins([person.id for person in people], business_today(now))
    return {
        task.id: forecast(
            [
                Planned(
                    step.position,
                    step.due_at,
                    _here(choose_receivers(step.who, places[task.id], people), people, stand_ins),
                )
                for step in steps
                if step.notified_at is None and step.position > highest_told(steps)
            ],
            told_ids_of(steps),
            now,
        )
        for task, steps in plans
    }


def who_is_here(people: Sequence[Colleague], colleagues: Sequence[Colleague], now: datetime) -> tuple[Colleague, ...]:
    """Those people, with their stand-ins in the place of who is away today."""
    return _here(people, colleagues, find_stand_ins([person.id for person in people], business_today(now)))


def _here(
    people: Sequence[Colleague], colleagues: Sequence[Colleague], stand_ins: Mapping[int, int]
) -> tuple[Colleague, ...]:
    by_id = {person.id: person for person in colleagues} if stand_ins else {}
    return tuple(dict.fromkeys(by_id.get(stand_ins.get(person.id, 0), person) for person in people))


def select_unanswered(scope: Scope) -> Select[TaskEscalation]:
    """What was told and nobody has answered yet, as far as the tasks are in somebody's sight: the last of each task."""
    later = aliased(TaskEscalation)
    is_last = ~exists().where(
        later.task_id == TaskEscalation.task_id, later.id != TaskEscalation.id, later.stopped_at.is_(None),
        later.notified_at.is_not(None), later.position > TaskEscalation.position,
    )  # fmt: skip
    told = TaskEscalation.notified_at.is_not(None) & TaskEscalation.stopped_at.is_(None)
    return _in_sight(select(TaskEscalation).where(told, is_last), scope)


def select_planned(scope: Scope) -> Select[TaskEscalation]:
    """What will be told if nobody acts, as far as the tasks are in somebody's sight."""
    return _in_sight(select(TaskEscalation).where(TaskEscalation.notified_at.is_(None)), scope)


def _in_sight(steps: Select[TaskEscalation], scope: Scope) -> Select[TaskEscalation]:
    if scope.sees_all:
        return steps
    own = Task.assignee_id.in_([person for person, _department in scope.people])
    seen = or_(own, Task.department_code.in_(scope.departments))
    return steps.join(Task, Task.id == TaskEscalation.task_id).where(seen)


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
