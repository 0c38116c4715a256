"""Sets the clocks of an order's tasks: when each is due, from when on it is at risk, and who will be told when."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from app.db.base import session
from app.kernel.working_time import WorkingHours
from app.orders.models import Order
from app.orders.queries import get_order
from app.tasks.models import Task, TaskState
from app.tasks.models_escalation import TaskEscalation
from app.tasks.queries import list_tasks_of
from app.tasks.queries_escalation import highest_told, list_levels, list_steps_of
from app.tasks.queries_sla import build_slas, calendars_of
from app.tasks.rules_escalation import Level, plan_steps, share_due
from app.tasks.rules_forecast import risk_of_running, risk_of_waiting
from app.tasks.rules_sla import NEVER, Sla


def set_clocks(order_id: int, *, now: datetime) -> None:
    """To be called, with the order locked, after anything that starts, stops or moves a clock of its tasks."""
    tasks = list_tasks_of(order_id)
    for task in tasks:
        _turn(task, now)
    slas = build_slas(tasks, now.date())
    for task in tasks:
        sla = slas.get(task.id)
        task.sla_due_at, task.sla_risk_at = (share_due(sla, 100), risk_of_running(sla)) if sla else (None, None)
        task.clock_due_at = task.sla_due_at or NEVER
    _forecast(tasks, get_order(order_id), now)
    _plan(tasks, slas, now)
    session().flush()


def _turn(task: Task, now: datetime) -> None:
    """A task that is open has a round; the first begins when it became open, one after a reopening anew."""
    if task.state is not TaskState.OPEN:
        task.sla_started_at = None
    elif task.sla_started_at is None:
        task.sla_started_at = now if task.sla_round else task.opened_at
        task.sla_round += 1


def _forecast(tasks: Sequence[Task], order: Order, now: datetime) -> None:
    """From when on tasks that wait for others are at risk."""
    waiting = [task for task in tasks if task.state is TaskState.BLOCKED and task.target_minutes is not None]
    calendars = calendars_of(waiting, now.date())
    for task in waiting:
        task.sla_risk_at = _risk(task, tasks, order, calendars[task.department_code])


def _risk(task: Task, tasks: Sequence[Task], order: Order, calendar: WorkingHours) -> datetime:
    before = [one for one in tasks if one.code in task.prerequisites and one.state is not TaskState.DONE]
    return risk_of_waiting(
        calendar, task.target_minutes or 0, known_at=task.opened_at,
        starts=[one.sla_due_at or one.due_on for one in before], order_due=order.due_on,
    )  # fmt: skip


def _plan(tasks: Sequence[Task], slas: Mapping[int, Sla], now: datetime) -> None:
    """Moves what is planned with the clocks; what was told of a task that ended needs no answer any more."""
    steps = list_steps_of([task.id for task in tasks])
    levels = list_levels() if slas else ()
    for task in tasks:
        own = [step for step in steps if step.task_id == task.id]
        if task.state is not TaskState.OPEN:
            _stop(own, str(task.state), now)
        _replan(task, own, slas.get(task.id), levels)


def _stop(steps: Sequence[TaskEscalation], why: str, now: datetime) -> None:
    for step in steps:
        if step.notified_at is not None and step.stopped_at is None:
            step.stopped_at, step.stopped_why = now, why


def _replan(task: Task, steps: Sequence[TaskEscalation], sla: Sla | None, levels: Sequence[Level]) -> None:
    """Somebody who acknowledged has taken it over: the rest of this round's ladder is not climbed."""
    answered = any(step.acknowledged_at for step in steps if step.round == task.sla_round)
    told = highest_told(step for step in steps if step.round == task.sla_round)
    above = [level for level in levels if level.position > told]
    wanted = plan_steps(sla, above) if sla and not answered else {}
    known = {step.position: step for step in steps if step.round == task.sla_round}
    for step in steps:
        if step.notified_at is None and (step.round != task.sla_round or step.position not in wanted):
            session().delete(step)
    for level in levels:
        if level.position in wanted:
            _place(task, level, wanted[level.position], known.get(level.position))


def _place(task: Task, level: Level, due_at: datetime, step: TaskEscalation | None) -> None:
    if step is None:
        step = TaskEscalation(task_id=task.id, round=task.sla_round, position=level.position)
        session().add(step)
    if step.notified_at is None:
        step.share_percent, step.who, step.due_at = level.share_percent, level.who, due_at
