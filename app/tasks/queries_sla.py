"""Reads the clocks of tasks: what stands on them now, and whose stored instants are out of date."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Row, select

from app.company.calendars import working_hours
from app.db.base import session
from app.kernel.working_time import ALWAYS, Span, WorkingHours, minute_of
from app.orders.models_holds import OrderHold
from app.tasks.models import Task, TaskState
from app.tasks.models_escalation import TaskEscalation
from app.tasks.models_holder import TaskPause
from app.tasks.queries_escalation import list_levels
from app.tasks.rules_escalation import Level, plan_steps, share_due
from app.tasks.rules_sla import NeverDue, Sla, SlaState, read_clock

TASKS_AT_ONCE = 500


def read_clocks(tasks: Iterable[Task], now: datetime) -> dict[int, SlaState]:
    """What the clocks that run say, by task; as many statements for fifty tasks as for one of each department."""
    states = {}
    for task_id, sla in build_slas(tasks, now.date()).items():
        try:
            states[task_id] = read_clock(sla, now)
        except NeverDue:
            continue  # a calendar without hours to come says nothing
    return states


def build_slas(tasks: Iterable[Task], around: date) -> dict[int, Sla]:
    """The clock of each open task that has a target, with its pauses: for the customer, and for the order's holds."""
    timed = [task for task in tasks if task.target_minutes is not None and task.state is TaskState.OPEN]
    if not timed:
        return {}
    calendars = calendars_of(timed, around)
    waits, holds = _waits(timed), _holds(timed)
    return {
        task.id: Sla(
            calendars[task.department_code],
            minute_of(task.sla_started_at or task.opened_at),
            task.target_minutes or 0,
            (*waits[task.id], *holds[task.order_id]),
        )
        for task in timed
    }


def calendars_of(tasks: Iterable[Task], around: date) -> dict[str, WorkingHours]:
    """Working hours by department."""
    return {code: working_hours(around, code) for code in sorted({task.department_code for task in tasks})}


def list_shifted(now: datetime) -> list[int]:
    """The orders whose clocks would be set differently now, because hours, closing days or the ladder changed."""
    levels, found, after = list_levels(), set(), 0
    while tasks := _chunk(after):
        slas, planned = build_slas(tasks, now.date()), _planned(tasks)
        found |= {task.order_id for task in tasks if _is_shifted(task, slas[task.id], planned[task.id], levels)}
        after = tasks[-1].id
    return sorted(found)


def _chunk(after: int) -> Sequence[Task]:
    running = select(Task).where(Task.state == TaskState.OPEN, Task.target_minutes.is_not(None), Task.id > after)
    return session().scalars(running.order_by(Task.id).limit(TASKS_AT_ONCE)).all()


def _is_shifted(task: Task, sla: Sla, planned: Mapping[int, datetime], levels: Sequence[Level]) -> bool:
    wanted = plan_steps(sla, levels)
    return task.sla_due_at != share_due(sla, 100) or any(
        wanted.get(position) != due_at for position, due_at in planned.items()
    )


def _planned(tasks: Sequence[Task]) -> dict[int, dict[int, datetime]]:
    """When the steps that are only planned are due, by task and position."""
    steps = select(TaskEscalation).where(
        TaskEscalation.task_id.in_([task.id for task in tasks]), TaskEscalation.notified_at.is_(None)
    )
    found: dict[int, dict[int, datetime]] = defaultdict(dict)
    for step in session().scalars(steps):
        found[step.task_id][step.position] = step.due_at
    return found


def _waits(tasks: Sequence[Task]) -> dict[int, list[Span]]:
    rows = select(TaskPause.task_id, TaskPause.since, TaskPause.until).where(
        TaskPause.task_id.in_([task.id for task in tasks])
    )
    return _spans(session().execute(rows))


def _holds(tasks: Sequence[Task]) -> dict[int, list[Span]]:
    rows = select(OrderHold.order_id, OrderHold.placed_at, OrderHold.released_at).where(
        OrderHold.order_id.in_({task.order_id for task in tasks})
    )
    return _spans(session().execute(rows))


def _spans(rows: Iterable[Row[int, datetime, datetime | None]]) -> dict[int, list[Span]]:
    spans: dict[int, list[Span]] = defaultdict(list)
    for owner, since, until in rows:
        spans[owner].append((minute_of(since), ALWAYS if until is None else minute_of(until)))
    return spans
