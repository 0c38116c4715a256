"""What people do with tasks: finish, reopen, give to somebody, add; one or many at once."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for
from flask_login import current_user

from app.auth.away import list_away
from app.auth.guards import get_actor, guard, may_current, require
from app.auth.names import list_people, name_users
from app.auth.rules import Permission
from app.db.unit_of_work import in_unit_of_work, unit_of_work
from app.kernel.errors import BadInput, TillpaidError
from app.orders.queries import get_order, heads_of
from app.tasks import queries, services, services_added
from app.tasks.forms import AddTaskForm
from app.tasks.models import Task
from app.tasks.pages import blueprint
from app.tasks.panels import build_add_form
from app.tasks.rows import require_sight
from app.tasks.rules_added import read_target
from app.web.addresses import is_own_page
from app.web.arguments import id_argument, word_argument
from app.web.filters import request_now, request_today
from app.web.flashes import say
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.datastructures import MultiDict

MOST_AT_ONCE = 200


class BulkAction(enum.StrEnum):
    """What can be done with many tasks at once."""

    FINISH = "finish"
    REOPEN = "reopen"
    ASSIGN = "assign"
    TAKE = "take"


DONE_WORDS = {
    BulkAction.FINISH: "done",
    BulkAction.REOPEN: "reopened",
    BulkAction.TAKE: "yours now",
}


@dataclass(frozen=True)
class Outcome:
    """What became of one of many tasks; `reason` says why it was refused."""

    task: Task
    reason: str = ""


@blueprint.post("/<int:task_id>/reopen")
@guard(Permission.TASKS_WORK)
def reopen(task_id: int) -> ResponseReturnValue:
    """Not done after all."""
    require_sight(queries.get_task(task_id))
    version = read_task_version()
    with unit_of_work():
        title = services.reopen_task(task_id, version=version, actor=get_actor(), now=request_now()).title
    say(f"“{title}” is open again.")
    return redirect(read_back())


@blueprint.post("/<int:task_id>/assign")
@guard(Permission.TASKS_WORK, Permission.TASKS_ASSIGN)
def assign(task_id: int) -> ResponseReturnValue:
    """Takes a task, gives it back, or gives it to somebody else; the last one needs the permission."""
    task = queries.get_task(task_id)
    require_sight(task)
    person, before, version = id_argument(request.values, "person"), task.assignee_id, read_task_version()
    _require_may_give(task, person)
    with unit_of_work():
        title = services.assign_task(task_id, person, version=version, actor=get_actor(), now=request_now()).title
    can_undo = before != person and _may_give(before)
    undo = url_for("tasks.assign", task_id=task_id, person=before or "", next=read_back()) if can_undo else ""
    say(f"“{title}” {_given_to(person)}.", undo_url=undo)
    return redirect(read_back())


def _may_give(person: int | None) -> bool:
    """Whether the current user may make this person the one who has it."""
    return person in {None, current_user.id} or may_current(Permission.TASKS_ASSIGN)


def _require_may_give(task: Task, person: int | None) -> None:
    """Everybody takes tasks and gives back their own; moving them between others is for those who assign."""
    is_own = task.assignee_id in {None, current_user.id}
    if person != current_user.id and not (person is None and is_own):
        require(Permission.TASKS_ASSIGN)


def _given_to(person: int | None) -> str:
    if person is None:
        return "belongs to nobody now"
    if person == current_user.id:
        return "is yours now"
    gone = list_away(request_today()).get(person)
    return f"is with {name_users([person])[person]} now" + (f", {gone.note}" if gone else "")


@blueprint.post("/bulk")
@guard(Permission.TASKS_WORK)
def bulk() -> ResponseReturnValue:
    """The same with many tasks: each on its own, so that one refusal does not stop the others."""
    action = word_argument(request.values, "action", BulkAction)
    if action is None:
        raise BadInput("Choose what to do with these tasks.", field="action")
    task_ids = _ids(request.values)
    for task in queries.get_tasks(task_ids):
        require_sight(task)
    person = current_user.id if action is BulkAction.TAKE else id_argument(request.values, "person")
    if action is BulkAction.ASSIGN:
        require(Permission.TASKS_ASSIGN)
    work = _work_of(action, person, get_actor(), request_now())
    outcomes = [_try(task_id, work) for task_id in task_ids]
    word = DONE_WORDS.get(action) or _whose_words(person)
    refused = [outcome for outcome in outcomes if outcome.reason]
    done = [outcome.task.id for outcome in outcomes if not outcome.reason]
    if refused:
        return render_template(
            "tasks/bulk.html", outcomes=outcomes, done=len(done), refused=len(refused), word=word,
            back=read_back(), departments=queries.name_departments(),
            orders=heads_of([outcome.task.order_id for outcome in outcomes]),
        )  # fmt: skip
    count = f"{len(done)} {'task is' if len(done) == 1 else 'tasks are'} {word}."
    undo = url_for("tasks.bulk", action="reopen", ids=done, next=read_back()) if action is BulkAction.FINISH else ""
    say(count, undo_url=undo)
    return redirect(read_back())


def _whose_words(person: int | None) -> str:
    return f"given to {name_users([person]).get(person, 'somebody')}" if person else "back in the department's queue"


def _ids(values: MultiDict[str, str]) -> list[int]:
    """The tasks somebody selected, each once. Raises BadInput for junk, for none and for too many."""
    texts = dict.fromkeys(values.getlist("ids"))
    if not texts:
        raise BadInput("Select the tasks first.", field="ids")
    if len(texts) > MOST_AT_ONCE:
        raise BadInput(f"At most {MOST_AT_ONCE} tasks at once.", field="ids")
    found = [id_argument(type(request.args)({"ids": text}), "ids") for text in texts]
    return [task_id for task_id in found if task_id is not None]


def _work_of(action: BulkAction, person: int | None, actor: str, now: datetime) -> Callable[[int], Task]:
    if action is BulkAction.FINISH:
        return lambda task_id: services.finish_task(task_id, actor=actor, now=now)
    if action is BulkAction.REOPEN:
        return lambda task_id: services.reopen_task(task_id, actor=actor, now=now)
    return lambda task_id: services.assign_task(task_id, person, actor=actor, now=now)


def _try(task_id: int, work: Callable[[int], Task]) -> Outcome:
    """One of many, in a unit of work of its own."""
    try:
        return Outcome(in_unit_of_work(lambda: work(task_id)))
    except TillpaidError as refusal:
        return Outcome(queries.get_task(task_id), str(refusal))


@blueprint.route("/add", methods=["GET", "POST"])
@guard(Permission.ORDERS_EDIT)
def add() -> ResponseReturnValue:
    """A task beside the playbook of an order."""
    order_id = id_argument(request.args, "order")
    if order_id is None:
        raise BadInput("Say for which order.", field="order")
    order = get_order(order_id)
    form = build_add_form(list_people(), sent=request.method == "POST")
    if form.validate_on_submit():
        try:
            return _add(order_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
    return render_template("tasks/add.html", order=order, form=form), 422 if form.errors else 200


def _add(order_id: int, form: AddTaskForm) -> ResponseReturnValue:
    due_on = form.due_on.data
    assert due_on is not None  # noqa: S101 - the form requires it
    target_minutes = read_target(form.target.data or "")
    with unit_of_work():
        task = services_added.add_by_hand(
            order_id,
            form.title.data or "",
            department_code=form.department_code.data,
            due_on=due_on,
            target_minutes=target_minutes,
            is_required=bool(form.is_required.data),
            assignee_id=int(form.assignee_id.data) if form.assignee_id.data else None,
            actor=get_actor(),
            now=request_now(),
        )
        title = task.title
    say(f"“{title}” is added to the plan.")
    return redirect(url_for("orders.detail", order_id=order_id) + "#tasks")


def read_task_version() -> int | None:
    """The version of the task the person looked at; none when the button does not say."""
    typed = request.form.get("version")
    return None if typed is None else read_version(typed)


def read_back() -> str:
    """The page of ours the person came from, the work list otherwise."""
    wanted = request.values.get("next", "")
    return wanted if is_own_page(wanted) else url_for("tasks.index")
