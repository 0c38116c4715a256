"""Knows what tasks say on other pages: how far an order is, who holds the ball, and its plan on the order's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from flask import g, render_template, url_for
from markupsafe import Markup

from app.auth.away import list_away, note_away
from app.auth.guards import may_current
from app.auth.names import list_people
from app.auth.rules import Permission
from app.kernel.clock import business_today
from app.orders.models import OrderState
from app.orders.queries import get_order
from app.tasks.clocks import word_clock
from app.tasks.drawings import draw_tasks
from app.tasks.forms import AddTaskForm
from app.tasks.holders import name_holder
from app.tasks.models import Task
from app.tasks.models_holder import OrderHolder
from app.tasks.queries import list_departments, list_tasks_of, name_departments
from app.tasks.queries_holder import holders_now
from app.tasks.queries_playbooks import find_plan_of
from app.tasks.queries_sla import read_clocks
from app.tasks.queries_work import plans_of
from app.tasks.rows import build_rows, is_close, my_scope
from app.tasks.rules_evidence import Evidence
from app.tasks.rules_progress import Progress, TaskFacts, measure
from app.web.filters import age, company_zone, day, request_now, request_today
from app.web.glances import Fact, Glance, glance_for
from app.web.panels import Act, Hint, Panel, Stage, hints_for, panel_for, stages_for


@stages_for("order", place=20)
def tasks_stage(order_id: int) -> list[Stage]:
    """How far the plan is."""
    order, progress = get_order(order_id), _measure([order_id])[order_id]
    if order.state is OrderState.CANCELLED:
        return []
    is_done = order.state is OrderState.FULFILLED
    where = url_for("orders.detail", order_id=order_id) + "#tasks"
    return [Stage("Tasks", "done" if is_done else "now", f"{progress.done} of {progress.total} done", where)]


@glance_for("order", place=10, permission="tasks.view")
def glance_at_orders(order_ids: Sequence[int]) -> Mapping[int, Glance]:
    """The progress of each order's plan, and who holds the ball."""
    departments, balls, plans = name_departments(), holders_now(order_ids), _measure(order_ids)
    clocks = _clocks([progress.next for progress in plans.values() if isinstance(progress.next, Task)])
    return {
        order_id: _glance(progress, departments, balls.get(order_id), clocks) for order_id, progress in plans.items()
    }


def _clocks(tasks: Sequence[Task]) -> dict[int, str]:
    """What the clocks of these tasks say, for those that have one."""
    states = read_clocks(tasks, request_now())
    worded = {task.id: word_clock(task, states.get(task.id), request_now()) for task in tasks}
    return {task_id: words.text for task_id, words in worded.items() if words is not None}


@hints_for("order", place=10)
def what_holds_it(order_ids: Sequence[int]) -> Mapping[int, Hint]:
    """The required task that is due first, of orders that have one open."""
    return _hints(order_ids, required=True)


@hints_for("order", place=90)
def what_is_left(order_ids: Sequence[int]) -> Mapping[int, Hint]:
    """The optional task that is due first, when nobody else has anything to say."""
    return _hints(order_ids, required=False)


def _measure(order_ids: Sequence[int]) -> dict[int, Progress]:
    """Each order's progress, read once per page."""
    known: dict[int, Progress] = g.setdefault("measured_plans", {})
    if missing := [order_id for order_id in order_ids if order_id not in known]:
        plans = plans_of(missing)
        known |= {order_id: measure(plans[order_id]) for order_id in missing}
    return {order_id: known[order_id] for order_id in order_ids}


def _hints(order_ids: Sequence[int], *, required: bool) -> dict[int, Hint]:
    departments = name_departments()
    return {
        order_id: _hint(order_id, progress.next, departments)
        for order_id, progress in _measure(order_ids).items()
        if progress.next is not None and progress.next.is_required is required
    }


def _glance(
    progress: Progress, departments: Mapping[str, str], ball: OrderHolder | None, clocks: Mapping[int, str]
) -> Glance:
    count = f"{progress.done} of {progress.total}"
    return Glance(
        facts=_facts(progress, departments, ball, count, clocks),
        done=progress.done,
        total=progress.total,
        holders=(name_holder(ball.holder, departments),) if ball else (),
        effects=((str(progress.unfinished), _plural(progress.unfinished, "task is", "tasks are") + " closed"),),
    )


def _facts(
    progress: Progress, departments: Mapping[str, str], ball: OrderHolder | None, count: str, clocks: Mapping[int, str]
) -> tuple[Fact, ...]:
    waiting = f"{progress.waiting} {_plural(progress.waiting, 'waits', 'wait')} for others" if progress.waiting else ""
    if progress.next is None or ball is None:
        return (Fact("Tasks", count, waiting or ("all done" if progress.total else "none planned")),)
    due = progress.next.due_on
    clock = f", {clocks[progress.next.id]}" if progress.next.id in clocks else ""
    return (
        Fact("Who holds the ball", name_holder(ball.holder, departments), f"since {_since(ball.since)}"),
        Fact("Next due", day(due), progress.next.title + _lateness(due, request_today()) + clock),
        Fact("Tasks", count, waiting or "none waits for another"),
    )


def _hint(order_id: int, task: TaskFacts, departments: Mapping[str, str]) -> Hint:
    where = url_for("orders.detail", order_id=order_id) + f"#task-{task.id}"
    today, act = request_today(), _act(task, order_id)
    department = departments.get(task.department_code, task.department_code)
    if task.is_paused:
        text = f"Ask the customer about “{task.title}”"
        return Hint(text, f"{department} waits for them; {_when(task.due_on, today)}", where, act=act)
    if task.refusal:
        todo = "decide what to do" if act else f"ask {department} to decide again"
        return Hint(
            f"{department} refused “{task.title}”: {task.refusal}", f"{todo}; {_when(task.due_on, today)}",
            where, is_late=task.due_on < today, act=act,
        )  # fmt: skip
    held = f"{department} has held the ball since {_since(task.opened_at)}"
    since = held if task.is_required else f"{department}, optional"
    text = f"Finish “{task.title}”" if act else f"Ask {department} to finish “{task.title}”"
    return Hint(text, f"{since}; {_when(task.due_on, today)}", where, is_late=task.due_on < today, act=act)


def _act(task: TaskFacts, order_id: int) -> Act | None:
    if not isinstance(task, Task) or not may_current(Permission.TASKS_WORK):
        return None
    if not my_scope().includes(task.department_code, task.assignee_id):
        return None
    order = url_for("orders.detail", order_id=order_id)
    fields = {"version": task.version, "next": order}
    key = "d" if is_close(task) else ""
    if task.is_paused:
        return Act("Goes on", url_for("tasks.resume", task_id=task.id), fields, key=key)
    if task.evidence is not Evidence.NONE:
        word = "Decide…" if task.evidence is Evidence.DECISION else "Done…"
        return Act(word, url_for("tasks.finish", task_id=task.id, next=order), asks=True, key=key)
    return Act("Done", url_for("tasks.finish", task_id=task.id), fields, key=key)


def _when(due: date, today: date) -> str:
    days = (due - today).days
    if days < 0:
        return f"{-days} d late"
    return "due today" if days == 0 else f"due {day(due)}"


def _lateness(due: date, today: date) -> str:
    return f", {_when(due, today)}" if due <= today else ""


def _since(opened_at: datetime) -> str:
    """The business date, and how many days ago it was."""
    on = business_today(opened_at, company_zone())
    days = (request_today() - on).days
    return f"{day(on)}, {age(days)}" if days > 0 else "today"


def _plural(number: int, one: str, many: str) -> str:
    return one if number == 1 else many


@panel_for("order", place=10, permission="tasks.view")
def show_plan(order_id: int) -> Panel:
    """The plan of an order, with what can be done about each task in place."""
    order = get_order(order_id)
    tasks = list_tasks_of(order_id)
    rows = build_rows(tasks, request_today())
    may_add = order.state is OrderState.IN_PROGRESS and may_current(Permission.ORDERS_EDIT)
    may_assign = may_current(Permission.TASKS_ASSIGN)
    people = note_away(list_people(), list_away(request_today())) if may_assign or may_add else []
    body = render_template(
        "tasks/_of_order.html",
        order=order,
        rows=rows,
        picture=draw_tasks(tasks) if tasks else None,
        plan=find_plan_of(order_id),
        people=people,
        may_assign=may_assign,
        form=build_add_form(people) if may_add else None,
        back=url_for("orders.detail", order_id=order_id) + "#tasks",
    )
    return Panel("Tasks", Markup(body), count=len(rows), flush=True)  # noqa: S704 - the template escapes


def build_add_form(people: Sequence[tuple[int, str]], *, sent: bool = False) -> AddTaskForm:
    """The form for a task beside the playbook, empty or as it was sent."""
    departments = [(department.code, department.name) for department in list_departments()]
    if sent:
        return AddTaskForm(departments=departments, people=people)
    return AddTaskForm(formdata=None, departments=departments, people=people)
