"""Reads the work list: whose tasks, in which state, due when; and the plans they stand in."""

import enum
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from app.db.base import session
from app.orders.models import Order
from app.orders.queries import filter_orders
from app.tasks.models import Task, TaskState
from app.tasks.queries import UNFINISHED, filter_tasks
from app.tasks.rules_scope import Scope
from app.web.keyset import Order as Ordering

WEEK = timedelta(days=7)


class Tab(enum.StrEnum):
    """Whose tasks: given to me or to nobody in my department, my department's, everybody's; or what may be late."""

    MINE = "mine"
    DEPARTMENT = "department"
    ALL = "all"
    RISK = "risk"


class Show(enum.StrEnum):
    """Which tasks: to do now, waiting for another one, done."""

    OPEN = "open"
    BLOCKED = "blocked"
    DONE = "done"


class Due(enum.StrEnum):
    """Due when; `now` is today or before."""

    OVERDUE = "overdue"
    TODAY = "today"
    NOW = "now"
    WEEK = "week"
    LATER = "later"


class By(enum.StrEnum):
    """Which comes first: what is due first by its day, or by its clock, with what has no clock at the end."""

    DUE = "due"
    CLOCK = "clock"


@dataclass(frozen=True)
class Bucket:
    """How many tasks are due then, and the first of these days."""

    count: int = 0
    first: date | None = None


@dataclass(frozen=True)
class Wanted:
    """Which tasks a list shows; `text` is part of a title, or what finds an order, `now` tells what is at risk."""

    tab: Tab = Tab.ALL
    show: Show = Show.OPEN
    due: Due | None = None
    department_code: str = ""
    order_id: int | None = None
    text: str = ""
    now: datetime | None = None
    by: By = By.DUE


def select_work(scope: Scope, wanted: Wanted, today: date) -> Select[Task]:
    """The wanted tasks as far as they are in somebody's sight."""
    mine_of = scope.people if wanted.tab is Tab.MINE else ()
    state = None if wanted.tab is Tab.RISK else TaskState(wanted.show.value)
    statement = filter_tasks(state=state, department_code=wanted.department_code, mine_of=mine_of)
    if wanted.tab is Tab.RISK:
        # not done, and from some moment before now on likely to be late
        statement = statement.where(Task.state.in_(UNFINISHED), Task.sla_risk_at <= wanted.now)
    if wanted.tab is Tab.DEPARTMENT:
        statement = statement.where(or_(*(Task.department_code == code for code in scope.departments or ("",))))
    if wanted.tab in {Tab.ALL, Tab.RISK} and not scope.sees_all:  # the other tabs are within sight by what they show
        own = Task.assignee_id.in_([person for person, _department in scope.people])
        statement = statement.where(or_(own, Task.department_code.in_(scope.departments)))
    if wanted.due is not None:
        statement = statement.where(*_due(wanted.due, today))
    if wanted.order_id is not None:
        statement = statement.where(Task.order_id == wanted.order_id)
    if words := wanted.text.strip():
        orders = filter_orders(query=words).with_only_columns(Order.id)
        statement = statement.where(or_(Task.title.icontains(words, autoescape=True), Task.order_id.in_(orders)))
    return statement


def order_work(wanted: Wanted) -> Ordering:
    """Due first, by the day or by the clock, which runs while a task is open; of what is done, the latest first."""
    if wanted.show is Show.DONE:
        return [(Task.due_on, "desc"), (Task.id, "desc")]
    by_clock = wanted.by is By.CLOCK and wanted.show is Show.OPEN
    return [(Task.clock_due_at if by_clock else Task.due_on, "asc"), (Task.id, "asc")]


def _due(due: Due, today: date) -> list[ColumnElement[bool]]:
    ranges: dict[Due, list[ColumnElement[bool]]] = {
        Due.OVERDUE: [Task.due_on < today],
        Due.TODAY: [Task.due_on == today],
        Due.NOW: [Task.due_on <= today],
        Due.WEEK: [Task.due_on > today, Task.due_on <= today + WEEK],
        Due.LATER: [Task.due_on > today + WEEK],
    }
    return ranges[due]


def due_bucket(due_on: date, today: date) -> Due:
    """Where a day stands: overdue, today, within a week, later."""
    if due_on <= today:
        return Due.OVERDUE if due_on < today else Due.TODAY
    return Due.WEEK if due_on <= today + WEEK else Due.LATER


def count_by_due(statement: Select[Any], today: date) -> dict[Due, Bucket]:
    """The tasks of a list by when they are due."""
    bucket = case(
        (Task.due_on < today, Due.OVERDUE.value),
        (Task.due_on == today, Due.TODAY.value),
        (Task.due_on <= today + WEEK, Due.WEEK.value),
        else_=Due.LATER.value,
    )
    counted = statement.with_only_columns(bucket, func.count(), func.min(Task.due_on)).order_by(None).group_by(bucket)
    return {Due(word): Bucket(int(count), first) for word, count, first in session().execute(counted)}


def plans_of(order_ids: Sequence[int]) -> dict[int, list[Task]]:
    """Every task of these orders, by order."""
    plans: dict[int, list[Task]] = defaultdict(list)
    if not order_ids:
        return plans
    statement = select(Task).where(Task.order_id.in_(set(order_ids))).order_by(Task.order_id, Task.position, Task.id)
    for task in session().scalars(statement):
        plans[task.order_id].append(task)
    return plans
