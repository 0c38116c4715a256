"""Knows how steps of the ladder are shown: who was told, who will be told if nobody acts, and what can be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import render_template, url_for
from markupsafe import Markup

from app.auth.guards import may_current
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.orders.queries import heads_of
from app.tasks.models import Task
from app.tasks.models_escalation import TaskEscalation
from app.tasks.queries import list_tasks_of
from app.tasks.queries_escalation import list_colleagues, list_steps_of, places_of
from app.tasks.rows import my_scope
from app.tasks.rules_escalation import WHO_LABELS, choose_receivers
from app.web.panels import Panel, panel_for

if TYPE_CHECKING:
    from app.orders.queries import Head


@dataclass(frozen=True)
class StepRow:
    """A step with its task; `people` are those told, or those who would be told as things stand."""

    step: TaskEscalation
    task: Task
    order: Head
    level: str
    people: str
    answered_by: str
    can_answer: bool


def build_steps(steps: Sequence[TaskEscalation], tasks: Iterable[Task]) -> list[StepRow]:
    """Rows in the order given; as many reads for fifty as for one."""
    known = {task.id: task for task in tasks}
    people, places = list_colleagues() if any(not step.notified_at for step in steps) else [], places_of(known.values())
    heads = heads_of([task.order_id for task in known.values()])
    names = name_actors(step.acknowledged_by for step in steps)
    return [
        StepRow(
            step=step,
            task=(task := known[step.task_id]),
            order=heads[task.order_id],
            level=WHO_LABELS[step.who],
            people=step.told
            or ", ".join(one.name for one in choose_receivers(step.who, places[task.id], people))
            or "nobody",
            answered_by=names.get(step.acknowledged_by or "", ""),
            can_answer=_waits_for_me(step, task),
        )
        for step in steps
    ]


def _waits_for_me(step: TaskEscalation, task: Task) -> bool:
    waits = step.notified_at is not None and step.stopped_at is None
    return waits and may_current(Permission.TASKS_WORK) and my_scope().includes(task.department_code, task.assignee_id)


def _answerable(rows: Iterable[StepRow]) -> Mapping[int, int]:
    """For each task the last step that waits for an answer: one button answers all."""
    return {row.task.id: row.step.id for row in rows if row.can_answer}


@panel_for("order", place=15, permission="tasks.view")
def show_escalations(order_id: int) -> Panel | None:
    """Who was told about the order's tasks, and who will be told when if nobody acts."""
    tasks = list_tasks_of(order_id)
    rounds = {task.id: task.sla_round for task in tasks}
    steps = [step for step in list_steps_of([task.id for task in tasks]) if step.round == rounds[step.task_id]]
    if not steps:
        return None
    rows = build_steps(sorted(steps, key=lambda step: (step.notified_at or step.due_at, step.id)), tasks)
    body = render_template(
        "tasks/_escalations.html", rows=rows, answerable=_answerable(rows),
        back=url_for("orders.detail", order_id=order_id) + "#escalations",
    )  # fmt: skip
    return Panel("Escalations", Markup(body), count=len(rows), flush=True, aside=True)  # noqa: S704 - it escapes
