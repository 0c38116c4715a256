"""Adds tasks by hand, with a day and perhaps a target, and changes the target of one that is not done."""

from datetime import date, datetime

from app.company.queries import business_today
from app.kernel.errors import RuleError
from app.tasks.models import Task
from app.tasks.queries import UNFINISHED
from app.tasks.rules_added import check_due, check_target
from app.tasks.services import add_task, lock_task
from app.tasks.services_escalation import set_target


class TargetOfEnded(RuleError):
    """This task is done or closed, so its clock does not run. Reopen it first."""


def add_by_hand(
    order_id: int,
    title: str,
    *,
    department_code: str,
    due_on: date,
    target_minutes: int | None = None,
    is_required: bool = False,
    assignee_id: int | None = None,
    actor: str,
    now: datetime,
) -> Task:
    """A task beside the playbook; with a target it has a clock. Raises OrderNotOpen, BadInput naming the field."""
    check_due(due_on, business_today(now))
    check_target(target_minutes)
    return add_task(
        order_id, title, department_code=department_code, due_on=due_on, target_minutes=target_minutes,
        is_required=is_required, assignee_id=assignee_id, actor=actor, now=now,
    )  # fmt: skip


def change_target(task_id: int, minutes: int | None, *, version: int | None = None, actor: str, now: datetime) -> Task:
    """Another target, or none; what the ladder planned moves along. Raises TaskChanged, TargetOfEnded, BadInput."""
    task, _order = lock_task(task_id, version)
    if task.state not in UNFINISHED:
        raise TargetOfEnded
    return task if task.target_minutes == minutes else set_target(task_id, minutes, actor=actor, now=now)
