"""Plans the tasks of an order, and lets people finish, reopen, assign and add them."""

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select

from app.audit.services import record
from app.auth.models import User
from app.company.calendars import business_calendar
from app.db.base import session
from app.documents.services import store_document
from app.kernel.errors import BadInput, Conflict, NotFound, RuleError
from app.kernel.lifecycle import Lifecycle, Move
from app.kernel.texts import clean_block, clean_line
from app.orders.models import Order, OrderState
from app.orders.services import lock_order, mark_fulfilled, reopen_order, set_due_on
from app.orders.services_exceptions import resolve_exception_from
from app.orders.services_holds import require_not_held
from app.tasks.models import Task, TaskState
from app.tasks.models_playbooks import OrderPlan
from app.tasks.queries import UNFINISHED, TaskUnknown, get_department, list_tasks_of
from app.tasks.queries_playbooks import find_live_version, list_colleagues
from app.tasks.rules import PlannedTask, is_free, last_required_due, plan
from app.tasks.rules_evidence import Evidence, Given, check_evidence
from app.tasks.rules_playbooks import Colleague, may_have, read_steps
from app.tasks.services_holder import end_pause, pass_ball

LIFECYCLE = Lifecycle(
    "task",
    TaskState.BLOCKED,
    (
        Move.of("free", TaskState.BLOCKED, TaskState.OPEN),
        Move.of("block", TaskState.OPEN, TaskState.BLOCKED),
        Move.of("refuse", TaskState.OPEN, TaskState.OPEN),
        Move.of("finish", TaskState.OPEN, TaskState.DONE),
        Move.of("reopen", TaskState.DONE, TaskState.OPEN),
        Move.of("close", UNFINISHED, TaskState.CANCELLED),
    ),
)


class TaskBlocked(RuleError):
    """This task waits for: {waiting}."""


class TaskChanged(Conflict):
    """Somebody else changed this task in the meantime. Load it again."""


class SuccessorDone(RuleError):
    """The task "{title}" was built on this one and is done. Reopen that one first."""


class OrderNotOpen(RuleError):
    """The order {number} is not in progress, so no task can be added."""


class AssigneeUnknown(NotFound):
    """There is no such person, or they do not work here any more."""


class TooManyTasks(RuleError):
    """An order has at most {most} tasks."""


MOST_TASKS = 200
NOTHING = Given()
SOURCE = "task:"


def plan_tasks(order_id: int, *, actor: str, now: datetime) -> list[Task]:
    """The tasks of the order's playbook, once; sets the day the order is due."""
    order = lock_order(order_id)
    if known := list_tasks_of(order_id):
        return known
    version = find_live_version(order.order_type)
    planned = plan(read_steps(version.steps), order.ordered_on, business_calendar(order.ordered_on.year))
    colleagues = list_colleagues() if any(item.step.assignee_id for item in planned) else {}
    tasks = [_task(order.id, item, colleagues, now) for item in planned]
    session().add_all([*tasks, OrderPlan(order_id=order.id, playbook_version_id=version.id)])
    set_due_on(order_id, last_required_due(planned, order.ordered_on))
    session().flush()
    record(
        "order.planned", actor=actor, now=now, object_kind="order", object_id=order.id, order_id=order.id,
        deal_id=order.deal_id, customer_id=order.customer_id, tasks=len(tasks), due_on=order.due_on.isoformat(),
        playbook=version.order_type, version=version.number,
    )  # fmt: skip
    pass_ball(order.id, now=now)
    return tasks


def finish_task(
    task_id: int, note: str = "", *, given: Given = NOTHING, version: int | None = None, actor: str, now: datetime
) -> Task:
    """Done: frees its successors; the last required task fulfils the order.

    Raises OrderOnHold, TaskBlocked, MoveRefused, and EvidenceMissing when something asked for is not given.
    """
    task, order = lock_task(task_id, version)
    require_not_held(order)
    tasks = list_tasks_of(order.id)
    if task.state is TaskState.BLOCKED:
        done = {other.code for other in tasks if other.state is TaskState.DONE}
        waiting = [other.title for other in tasks if other.code in set(task.prerequisites) - done]
        raise TaskBlocked(waiting=", ".join(waiting) or "an earlier task")
    task.state = LIFECYCLE.move("finish", task.state)
    end_pause(task, now=now)
    _keep_evidence(task, given, now)
    if task.evidence is Evidence.DECISION:
        resolve_exception_from(order.id, exception_source(task), f"“{task.title}” is approved.", actor=actor, now=now)
    task.done_at, task.done_by, task.note = now, actor, clean_block(note, "note", most=1000)
    task.version += 1
    detail = {"evidence": task.evidence_text} if task.evidence_text else {}
    record_task("task.done", task, order, actor=actor, now=now, title=task.title, note=task.note, **detail)
    _free_successors(tasks, now)
    session().flush()
    if order.state is OrderState.IN_PROGRESS and not any(_holds_up(other) for other in tasks):
        mark_fulfilled(order.id, actor=actor, now=now)
    pass_ball(order.id, now=now)
    return task


def reopen_task(task_id: int, *, version: int | None = None, actor: str, now: datetime) -> Task:
    """Not done after all: its order goes back to work. Raises SuccessorDone, MoveRefused."""
    task, order = lock_task(task_id, version)
    tasks = list_tasks_of(order.id)
    state = LIFECYCLE.move("reopen", task.state)
    for other in tasks:
        if task.code in other.prerequisites and other.state is TaskState.DONE:
            raise SuccessorDone(title=other.title)
    if task.is_required and order.state is OrderState.FULFILLED:
        reopen_order(order.id, actor=actor, now=now)
    task.state, task.done_at, task.done_by = state, None, None
    task.evidence_text, task.evidence_document_id = "", None  # the file itself stays with the task's documents
    task.version += 1
    for other in tasks:
        if task.code in other.prerequisites and other.state is TaskState.OPEN:
            other.state = LIFECYCLE.move("block", other.state)
            end_pause(other, now=now)
            other.version += 1
    record_task("task.reopened", task, order, actor=actor, now=now, title=task.title)
    session().flush()
    pass_ball(order.id, now=now)
    return task


def assign_task(
    task_id: int, assignee_id: int | None, *, version: int | None = None, actor: str, now: datetime
) -> Task:
    """Gives the task to a person, or to nobody. Raises AssigneeUnknown."""
    task, order = lock_task(task_id, version)
    if assignee_id is not None and not _works_here(assignee_id):
        raise AssigneeUnknown
    if task.assignee_id != assignee_id:
        before, task.assignee_id = task.assignee_id, assignee_id
        task.version += 1
        record_task(
            "task.assigned", task, order, actor=actor, now=now, title=task.title, before=before, after=assignee_id
        )
    return task


def add_task(
    order_id: int,
    title: str,
    *,
    department_code: str,
    due_on: date,
    target_minutes: int | None = None,
    is_required: bool = False,
    assignee_id: int | None = None,
    code: str = "",
    actor: str,
    now: datetime,
) -> Task:
    """A task beside the playbook, open at once; `code` names what it came from. Raises OrderNotOpen, BadInput."""
    order = lock_order(order_id)
    if order.state is not OrderState.IN_PROGRESS:
        raise OrderNotOpen(number=order.number)
    department = get_department(department_code)
    if due_on < order.ordered_on:
        raise BadInput("The task cannot be due before the order was opened.", field="due_on")
    position = _next_position(order.id)
    if position > MOST_TASKS:
        raise TooManyTasks(most=MOST_TASKS)
    task = Task(
        order_id=order.id,
        code=code or f"added_{position}",
        position=position,
        title=clean_line(title, "title", required=True),
        department_code=department.code,
        is_required=is_required,
        prerequisites=[],
        state=TaskState.OPEN,
        due_on=due_on,
        target_minutes=target_minutes,
        opened_at=now,
        version=1,
    )
    session().add(task)
    session().flush()
    record_task("task.added", task, order, actor=actor, now=now, title=task.title)
    pass_ball(order.id, now=now)
    return assign_task(task.id, assignee_id, actor=actor, now=now) if assignee_id is not None else task


def close_tasks(order_id: int, *, actor: str, now: datetime) -> int:
    """Closes what is unfinished, because the order was cancelled. Returns how many."""
    order = lock_order(order_id)
    closed = [task for task in list_tasks_of(order_id) if task.state in UNFINISHED]
    for task in closed:
        task.state = LIFECYCLE.move("close", task.state)
        end_pause(task, now=now)
        task.version += 1
        record_task("task.closed", task, order, actor=actor, now=now, title=task.title)
    session().flush()
    pass_ball(order.id, now=now)
    return len(closed)


def lock_task(task_id: int, version: int | None) -> tuple[Task, Order]:
    """The task with its order, the order locked first as everywhere."""
    order_id = session().scalar(select(Task.order_id).where(Task.id == task_id))
    if order_id is None:
        raise TaskUnknown
    order = lock_order(order_id)
    task = session().get_one(Task, task_id, with_for_update=True, populate_existing=True)
    if version is not None and task.version != version:
        raise TaskChanged
    return task, order


def exception_source(task: Task) -> str:
    """How an exception says that it comes from this task."""
    return f"{SOURCE}{task.id}"


def read_source(source: str) -> int | None:
    """The task an exception comes from; None when it comes from elsewhere."""
    return int(source.removeprefix(SOURCE)) if source.startswith(SOURCE) else None


def _holds_up(task: Task) -> bool:
    return task.is_required and task.state in UNFINISHED


def _keep_evidence(task: Task, given: Given, now: datetime) -> None:
    """What the task asks for, stored with it; equal files are stored once."""
    kept = check_evidence(task.evidence, task.evidence_label, task.title, given)
    task.evidence_text, task.evidence_document_id = kept.text, None
    if kept.upload is not None:
        stored = store_document(
            owner_kind="task", owner_id=task.id, kind=f"evidence-{sha256(kept.content).hexdigest()[:16]}",
            name=kept.upload.name, media_type=kept.upload.media_type, content=kept.content, now=now,
        )  # fmt: skip
        task.evidence_text, task.evidence_document_id = stored.name, stored.id


def _free_successors(tasks: list[Task], now: datetime) -> None:
    done = {task.code for task in tasks if task.state is TaskState.DONE}
    for task in tasks:
        if task.state is TaskState.BLOCKED and is_free(task.prerequisites, done):
            task.state, task.opened_at = LIFECYCLE.move("free", task.state), now
            if task.assignee_id is not None and not _works_here(task.assignee_id):
                task.assignee_id = None  # planned for somebody who left: the department's queue
            task.version += 1


def _works_here(user_id: int) -> bool:
    person = session().get(User, user_id)
    return person is not None and person.active


def _next_position(order_id: int) -> int:
    return int(session().scalar(select(func.max(Task.position)).where(Task.order_id == order_id)) or 0) + 1


def _task(order_id: int, planned: PlannedTask, colleagues: Mapping[int, Colleague], now: datetime) -> Task:
    step = planned.step
    return Task(
        order_id=order_id,
        code=step.code,
        position=planned.position,
        title=step.title,
        department_code=step.department,
        is_required=step.is_required,
        prerequisites=list(step.prerequisites),
        state=TaskState.OPEN if planned.is_open else TaskState.BLOCKED,
        due_on=planned.due_on,
        # nobody who left, and nobody who cannot see it
        assignee_id=step.assignee_id if may_have(step, colleagues.get(step.assignee_id or 0)) else None,
        target_minutes=step.target_minutes,
        evidence=step.evidence,
        evidence_label=step.evidence_label,
        opened_at=now,
        version=1,
    )


def record_task(action: str, task: Task, order: Order, *, actor: str, now: datetime, **detail: Any) -> None:
    record(
        action, actor=actor, now=now, object_kind="task", object_id=task.id, order_id=order.id,
        deal_id=order.deal_id, customer_id=order.customer_id, **detail,
    )  # fmt: skip
