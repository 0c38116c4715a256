"""Knows how tasks are shown: each with its order, its people, what to do next and who may do it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from flask import g
from flask_login import current_user

from app.auth.guards import may_current
from app.auth.names import name_actors, name_users
from app.auth.rules import Permission
from app.kernel.errors import Forbidden
from app.orders.models import OrderState
from app.orders.queries import heads_of
from app.tasks.clocks import ClockWords, word_clock
from app.tasks.models import Task, TaskState
from app.tasks.queries import name_departments
from app.tasks.queries_scope import build_scope
from app.tasks.queries_sla import read_clocks
from app.tasks.queries_work import Due, due_bucket, plans_of
from app.tasks.rules_progress import NextStep, list_waiting_for, next_step
from app.tasks.rules_scope import Scope
from app.web.filters import day, request_now, request_today

if TYPE_CHECKING:
    from app.orders.queries import Head


class TaskElsewhere(Forbidden):
    """This task belongs to another department. Ask {department}, or somebody who gives tasks to people."""


@dataclass(frozen=True)
class TaskRow:
    """A task as lists show it. `after` are the tasks it was planned behind, `waits_for` those not done yet."""

    task: Task
    order: Head
    department: str
    person: str
    next: NextStep
    bucket: Due
    days_late: int
    after: tuple[Task, ...]
    waits_for: tuple[Task, ...]
    done_by: str
    can_work: bool
    clock: ClockWords | None

    @property
    def is_late(self) -> bool:
        return self.task.state is TaskState.OPEN and self.days_late > 0

    @property
    def clock_group(self) -> str:
        """Where it stands in a list by the clock."""
        if self.task.sla_due_at is None:
            return "no_clock"
        return "over_target" if self.task.sla_due_at < request_now() else "in_time"

    @property
    def can_finish(self) -> bool:
        return self.can_work and self.task.state is TaskState.OPEN

    @property
    def can_resume(self) -> bool:
        return self.can_finish and self.task.is_paused

    @property
    def can_take(self) -> bool:
        return self.can_give and self.task.assignee_id != current_user.id

    @property
    def can_give(self) -> bool:
        return self.can_work and self.task.state in {TaskState.OPEN, TaskState.BLOCKED}

    @property
    def can_target(self) -> bool:
        return self.can_give and may_current(Permission.ORDERS_EDIT)

    @property
    def can_reopen(self) -> bool:
        return self.can_work and self.task.state is TaskState.DONE and self.order.state is not OrderState.CANCELLED


def my_scope() -> Scope:
    """What the current user sees, for themselves and for those they stand in for today."""
    if "task_scope" not in g:
        g.task_scope = build_scope(current_user, request_today())
    scope: Scope = g.task_scope
    return scope


def require_sight(task: Task) -> None:
    """Raises TaskElsewhere unless the current user works on such tasks."""
    if not my_scope().includes(task.department_code, task.assignee_id):
        raise TaskElsewhere(department=name_departments().get(task.department_code, task.department_code))


def build_rows(tasks: Sequence[Task], today: date) -> list[TaskRow]:
    """Rows in the order given; as many reads for three hundred tasks as for ten."""
    order_ids = [task.order_id for task in tasks]
    plans, heads = plans_of(order_ids), heads_of(order_ids)
    context = _Context(
        today=today,
        scope=my_scope(),
        departments=name_departments(),
        people=name_users(task.assignee_id for plan in plans.values() for task in plan),
        doers=name_actors(task.done_by for task in tasks),
        may_work=may_current(Permission.TASKS_WORK),
        clocks=_word_clocks(tasks),
    )
    return [_row(task, plans[task.order_id], heads[task.order_id], context) for task in tasks]


@dataclass(frozen=True)
class _Context:
    today: date
    scope: Scope
    departments: Mapping[str, str]
    people: Mapping[int, str]
    doers: Mapping[str, str]
    may_work: bool
    clocks: Mapping[int, ClockWords | None]


def _word_clocks(tasks: Sequence[Task]) -> dict[int, ClockWords | None]:
    now = request_now()
    states = read_clocks(tasks, now)
    return {task.id: word_clock(task, states.get(task.id), now) for task in tasks}


def _row(task: Task, plan: Sequence[Task], order: Head, context: _Context) -> TaskRow:
    return TaskRow(
        task=task,
        order=order,
        department=context.departments.get(task.department_code, task.department_code),
        person=context.people.get(task.assignee_id or 0, ""),
        next=_next(task, plan, context),
        bucket=due_bucket(task.due_on, context.today),
        days_late=(context.today - task.due_on).days,
        after=_those(plan, task.prerequisites),
        waits_for=_those(plan, [other.code for other in list_waiting_for(task, plan)]),
        done_by=context.doers.get(task.done_by or "", ""),
        can_work=context.may_work and context.scope.includes(task.department_code, task.assignee_id),
        clock=context.clocks[task.id],
    )


def _next(task: Task, plan: Sequence[Task], context: _Context) -> NextStep:
    if task.state is TaskState.DONE:
        return NextStep("Done", f"by {context.doers.get(task.done_by or '', 'somebody')}, {day(task.done_at)}")
    return next_step(task, plan, me=context.scope.user_id, people=context.people, departments=context.departments)


def _those(plan: Iterable[Task], codes: Iterable[str]) -> tuple[Task, ...]:
    wanted = set(codes)
    return tuple(task for task in plan if task.code in wanted)
