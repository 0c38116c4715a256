"""Climbs the ladder: tells people once, takes their acknowledgement, and lets somebody escalate by hand."""

from collections.abc import Sequence
from datetime import datetime

from app.db.base import session
from app.kernel.errors import RuleError
from app.kernel.texts import clean_line
from app.orders.models import Order
from app.orders.services import lock_order
from app.outbox.services import enqueue
from app.tasks import mails
from app.tasks.models import Task, TaskState
from app.tasks.models_escalation import TaskEscalation
from app.tasks.queries_escalation import (
    forecast_steps,
    highest_told,
    list_colleagues,
    list_due,
    list_levels,
    list_round_of,
    list_steps_of,
    places_of,
    told_ids_of,
    who_is_here,
)
from app.tasks.rules_added import check_target
from app.tasks.rules_escalation import Colleague, Level, choose_receivers
from app.tasks.rules_told import choose_untold
from app.tasks.services import lock_task, record_task
from app.tasks.services_sla import set_clocks

MOST_AT_ONCE = 200  # the next round goes on
ACTOR = "system:escalation"


class NothingToEscalate(RuleError):
    """Only an open task can be escalated."""


class EverybodyTold(RuleError):
    """Everybody on the escalation ladder was told already."""


class NothingToAcknowledge(RuleError):
    """Nobody was told about this task, or somebody has acknowledged it already."""


def set_target(task_id: int, minutes: int | None, *, actor: str, now: datetime) -> Task:
    """How much working time the task may take from the moment it is open; None for no clock."""
    check_target(minutes)
    task, order = lock_task(task_id, None)
    before, task.target_minutes = task.target_minutes, minutes
    task.version += 1
    record_task("task.targeted", task, order, actor=actor, now=now, title=task.title, before=before, after=minutes)
    set_clocks(order.id, now=now)
    return task


def set_clocks_again(order_ids: Sequence[int], *, now: datetime) -> int:
    """For orders whose clocks moved although nobody touched them. Returns how many."""
    for order_id in sorted(order_ids)[:MOST_AT_ONCE]:
        lock_order(order_id)
        set_clocks(order_id, now=now)
    return min(len(order_ids), MOST_AT_ONCE)


def climb(*, now: datetime) -> int:
    """Tells who is to be told by now, each once. Returns how many tasks somebody was told of."""
    people = list_colleagues()
    late = dict.fromkeys(task_id for _step_id, task_id in list_due(now, MOST_AT_ONCE))
    return sum(_climb(task_id, people, now) for task_id in late)


def _climb(task_id: int, people: Sequence[Colleague], now: datetime) -> bool:
    """Steps due at once are one: the highest tells everybody, and those below are dropped with nothing said."""
    task, order = lock_task(task_id, None)
    # read again under the lock: in the meantime they may have been told, moved or taken away
    steps = list_round_of(task)
    due = [step for step in steps if step.notified_at is None and step.due_at <= now]
    if task.state is not TaskState.OPEN or not due:
        return False
    told = forecast_steps(task, steps, people, now).get(due[-1].position, ())
    for step in due[:-1] if told else due:
        session().delete(step)
    if told:
        _tell(due[-1], task, order, told, actor=ACTOR, now=now)
    return bool(told)


def escalate_now(task_id: int, reason: str, *, actor: str, now: datetime) -> TaskEscalation:
    """The next level is told at once. Raises NothingToEscalate, EverybodyTold, BadInput."""
    task, order = lock_task(task_id, None)
    if task.state is not TaskState.OPEN:
        raise NothingToEscalate
    said = clean_line(reason, "reason", required=True)
    known = {step.position: step for step in list_round_of(task)}
    level, receivers = _next_level(task, list(known.values()), actor, now)
    step = known.get(level.position)
    if step is None:
        step = TaskEscalation(task_id=task.id, round=task.sla_round, position=level.position, due_at=now)
        session().add(step)
    step.share_percent, step.who, step.by_hand, step.reason = level.share_percent, level.who, True, said
    _tell(step, task, order, receivers, actor=actor, now=now)
    return step


def _next_level(
    task: Task, steps: Sequence[TaskEscalation], actor: str, now: datetime
) -> tuple[Level, tuple[Colleague, ...]]:
    """The lowest level above those told that has somebody new; who asks needs no mail and does not count as told."""
    people, place, told = list_colleagues(), places_of([task])[task.id], told_ids_of(steps)
    for level in list_levels():
        receivers = who_is_here(choose_receivers(level.who, place, people), people, now)
        new = tuple(one for one in choose_untold(receivers, told) if f"user:{one.id}" != actor)
        if level.position > highest_told(steps) and new:
            return level, new
    raise EverybodyTold


def acknowledge(task_id: int, *, actor: str, now: datetime) -> Task:
    """Somebody has seen it and sees to it: nobody else is told until the clock is started anew, or by hand."""
    task, order = lock_task(task_id, None)
    open_steps = [step for step in list_steps_of([task.id]) if step.notified_at and step.stopped_at is None]
    if not open_steps:
        raise NothingToAcknowledge
    for step in open_steps:
        step.acknowledged_at, step.acknowledged_by = now, actor
        step.stopped_at, step.stopped_why = now, "acknowledged"
    record_task("task.acknowledged", task, order, actor=actor, now=now, title=task.title)
    session().flush()
    set_clocks(order.id, now=now)
    return task


def _tell(
    step: TaskEscalation, task: Task, order: Order, people: Sequence[Colleague], *, actor: str, now: datetime
) -> None:
    step.notified_at = now
    step.told, step.told_ids = ", ".join(person.name for person in people), [person.id for person in people]
    session().flush()
    for person in people:
        enqueue(mails.build_escalation(step, task, order, person), now=now)
    record_task(
        "task.escalated", task, order, actor=actor, now=now, title=task.title, people=step.told, reason=step.reason,
        level=step.position,
    )  # fmt: skip
    session().flush()
    set_clocks(order.id, now=now)  # levels below are not told any more
