"""Knows how tasks are shown: each with its order, its people, what to do next and who may do it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from flask import g
from flask_login import current_user

from app.auth.away import list_away
from app.auth.guards import may_current
from app.auth.names import name_actors, name_users
from app.auth.rules import Permission
from app.kernel.errors import Forbidden
from app.orders.models import OrderState
from app.orders.queries import heads_of
from app.orders.queries_holds import list_holds_of
from app.tasks.clocks import ClockWords, word_clock
from app.tasks.models import Task, TaskState
from app.tasks.queries import name_departments
from app.tasks.queries_scope import build_scope
from app.tasks.queries_sla import read_clocks
from app.tasks.queries_work import Due, due_bucket, plans_of
from app.tasks.rows_away import ask_whom
from app.tasks.rules_progress import NextStep, list_waiting_for, next_step
from app.tasks.rules_scope import Scope
from app.web.filters import day, request_now, request_today

if TYPE_CHECKING:
    from app.orders.models_holds import OrderHold
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
    hold: str  # why its order stands still
    stands_for: str  # away: whose task it is in my list
    is_built_on: bool  # a task behind it is done
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
        return self.can_work and self.task.state is TaskState.OPEN and not self.hold

    @property
    def can_resume(self) -> bool:
        return self.can_work and self.task.state is TaskState.OPEN and self.task.is_paused

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
        is_final = self.is_built_on or self.order.state is OrderState.CANCELLED
        return self.can_work and self.task.state is TaskState.DONE and not is_final


def my_scope() -> Scope:
    """What the current user sees, for themselves and for those they stand in for today."""
    if "task_scope" not in g:
        g.task_scope = build_scope(current_user, request_today())
    scope: Scope = g.task_scope
    return scope


def is_close(task: Task) -> bool:
    """Whether a letter may act on it without a look: given to me, or of a department of mine; nobody's has them all."""
    scope = my_scope()
    is_mine = any(task.assignee_id == person for person, _department in scope.people)
    return is_mine or not scope.departments or task.department_code in scope.departments


def require_sight(task: Task) -> None:
    """Raises TaskElsewhere unless the current user works on such tasks."""
    if not my_scope().includes(task.department_code, task.assignee_id):
        raise TaskElsewhere(department=name_departments().get(task.department_code, task.department_code))


def build_rows(tasks: Sequence[Task], today: date) -> list[TaskRow]:
    """Rows in the order given; as many reads for three hundred tasks as for ten."""
    order_ids = [task.order_id for task in tasks]
    plans, heads, scope = plans_of(order_ids), heads_of(order_ids), my_scope()
    context = _Context(
        today=today,
        scope=scope,
        departments=name_departments(),
        people=(people := name_users(task.assignee_id for plan in plans.values() for task in plan)),
        asked=ask_whom(people, list_away(today)),
        covered=name_users(person for person, _department in scope.covers),
        doers=name_actors(task.done_by for task in tasks),
        holds=list_holds_of(order_ids),
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
    asked: Mapping[int, str]
    covered: Mapping[int, str]
    doers: Mapping[str, str]
    holds: Mapping[int, Sequence[OrderHold]]
    may_work: bool
    clocks: Mapping[int, ClockWords | None]


def _word_clocks(tasks: Sequence[Task]) -> dict[int, ClockWords | None]:
    now = request_now()
    states = read_clocks(tasks, now)
    return {task.id: word_clock(task, states.get(task.id), now) for task in tasks}


def _row(task: Task, plan: Sequence[Task], order: Head, context: _Context) -> TaskRow:
    hold = "" if task.state is TaskState.DONE else next((one.reason for one in context.holds.get(order.id, ())), "")
    return TaskRow(
        task=task,
        order=order,
        department=context.departments.get(task.department_code, task.department_code),
        person=context.people.get(task.assignee_id or 0, ""),
        next=_next(task, plan, hold, context),
        bucket=due_bucket(task.due_on, context.today),
        days_late=(context.today - task.due_on).days,
        after=_those(plan, task.prerequisites),
        waits_for=_those(plan, [other.code for other in list_waiting_for(task, plan)]),
        done_by=context.doers.get(task.done_by or "", ""),
        can_work=context.may_work and context.scope.includes(task.department_code, task.assignee_id),
        clock=context.clocks[task.id],
        hold=hold,
        stands_for=_stands_for(task, context),
        is_built_on=any(task.code in one.prerequisites and one.state is TaskState.DONE for one in plan),
    )


def _stands_for(task: Task, context: _Context) -> str:
    """Who the current user stands in for, where that alone puts the task in front of them."""
    scope = context.scope
    if task.assignee_id == scope.user_id or (task.assignee_id is None and task.department_code == scope.department):
        return ""
    queue = [
        person for person, department in scope.covers if not task.assignee_id and department == task.department_code
    ]
    return next((context.covered[one] for one in (task.assignee_id or 0, *queue) if one in context.covered), "")


def _next(task: Task, plan: Sequence[Task], hold: str, context: _Context) -> NextStep:
    if task.state is TaskState.DONE:
        return NextStep("Done", f"by {context.doers.get(task.done_by or '', 'somebody')}, {day(task.done_at)}")
    if hold:
        return NextStep("Wait", f"the order is on hold ({hold.rstrip('.')})")
    covered = {person for person, _department in context.scope.covers}
    me = task.assignee_id if task.assignee_id in covered else context.scope.user_id  # what is theirs is mine for now
    return next_step(task, plan, me=me or 0, people=context.asked, departments=context.departments)


def _those(plan: Iterable[Task], codes: Iterable[str]) -> tuple[Task, ...]:
    wanted = set(codes)
    return tuple(task for task in plan if task.code in wanted)
