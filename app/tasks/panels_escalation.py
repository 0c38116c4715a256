"""Knows how steps of the ladder are shown: who was told, who will be told if nobody acts, and what can be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import render_template, url_for
from flask_login import current_user
from markupsafe import Markup

from app.auth.guards import may_current
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.kernel.errors import Forbidden
from app.orders.queries import heads_of
from app.tasks.models import Task
from app.tasks.models_escalation import TaskEscalation
from app.tasks.queries import list_tasks_of
from app.tasks.queries_escalation import forecast_each, list_colleagues, list_steps_of, name_leads, told_ids_of
from app.tasks.rows import my_scope
from app.tasks.rules_escalation import WHO_LABELS
from app.tasks.rules_told import may_answer
from app.web.filters import request_now
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


class NotTold(Forbidden):
    """{told} were told about this task. They see to it, or whoever leads the department, or a manager."""


def build_steps(steps: Sequence[TaskEscalation], tasks: Iterable[Task]) -> list[StepRow]:
    """Rows in the order given; as many reads for fifty as for one."""
    known = {task.id: task for task in tasks}
    rounds = _rounds(known.values())
    heads = heads_of([task.order_id for task in known.values()])
    names = name_actors(step.acknowledged_by for step in steps)
    is_planned = any(not step.notified_at for step in steps)
    planned = forecast_each(list(rounds.values()), list_colleagues(), request_now()) if is_planned else {}
    leads = name_leads() if any(_is_unanswered(step) for step in steps) else {}
    return [
        StepRow(
            step=step,
            task=(task := known[step.task_id]),
            order=heads[task.order_id],
            level=WHO_LABELS[step.who],
            people=step.told or ", ".join(one.name for one in planned.get(task.id, {}).get(step.position, ())),
            answered_by=names.get(step.acknowledged_by or "", ""),
            can_answer=_is_unanswered(step) and _may_answer(task, rounds[task.id][1], leads),
        )
        for step in steps
    ]


def _rounds(tasks: Iterable[Task]) -> dict[int, tuple[Task, list[TaskEscalation]]]:
    """Each task with the steps of its present round."""
    rounds: dict[int, tuple[Task, list[TaskEscalation]]] = {task.id: (task, []) for task in tasks}
    for step in list_steps_of(list(rounds)):
        task, steps = rounds[step.task_id]
        if step.round == task.sla_round:
            steps.append(step)
    return rounds


def _is_unanswered(step: TaskEscalation) -> bool:
    return step.notified_at is not None and step.stopped_at is None


def _may_answer(task: Task, steps: Iterable[TaskEscalation], leads: Mapping[str, int | None]) -> bool:
    scope = my_scope()
    people, told = {person for person, _department in scope.people}, told_ids_of(steps)
    may = may_current(Permission.TASKS_WORK) and scope.includes(task.department_code, task.assignee_id)
    return may and may_answer(people, current_user.role, told, leads.get(task.department_code))


def require_told(task: Task) -> None:
    """Raises NotTold for whoever need not answer; who was told nothing at all is for the service to say."""
    _task, steps = _rounds([task])[task.id]
    open_ones = [step for step in steps if _is_unanswered(step)]
    if open_ones and not _may_answer(task, steps, name_leads()):
        raise NotTold(told=", ".join(dict.fromkeys(step.told for step in open_ones)))


def _answerable(rows: Iterable[StepRow]) -> Mapping[int, int]:
    """For each task the last step that waits for an answer: one button answers all."""
    return {row.task.id: row.step.id for row in rows if row.can_answer}


@panel_for("order", place=15, permission="tasks.view")
def show_escalations(order_id: int) -> Panel | None:
    """Who was told about the order's tasks, and who will be told when if nobody acts."""
    tasks = list_tasks_of(order_id)
    rounds = {task.id: task.sla_round for task in tasks}
    steps = [step for step in list_steps_of([task.id for task in tasks]) if step.round == rounds[step.task_id]]
    by_time = sorted(steps, key=lambda step: (step.notified_at or step.due_at, step.id))
    # a step that would tell nobody new is passed over
    rows = [row for row in build_steps(by_time, tasks) if row.people]
    if not rows:
        return None
    body = render_template(
        "tasks/_escalations.html", rows=rows, answerable=_answerable(rows),
        back=url_for("orders.detail", order_id=order_id) + "#escalations",
    )  # fmt: skip
    return Panel("Escalations", Markup(body), count=len(rows), flush=True, aside=True)  # noqa: S704 - it escapes
