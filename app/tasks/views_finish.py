"""How a task is finished or refused: at once, or on a page that asks for its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.documents.queries import get_document
from app.documents.rules_uploads import LARGEST_UPLOAD
from app.kernel.errors import BadInput, NotFound
from app.orders.models import Order, OrderState
from app.orders.queries import get_order
from app.orders.services_holds import OrderOnHold, require_not_held
from app.tasks import queries, services
from app.tasks.forms_playbooks import FINISH_FORMS
from app.tasks.models import Task, TaskState
from app.tasks.pages import blueprint
from app.tasks.rows import require_sight
from app.tasks.rules_evidence import EVIDENCE_PROMPTS, REFUSED, Evidence, EvidenceMissing, Given
from app.tasks.services_refuse import refuse_task
from app.tasks.views_acts import read_back, read_task_version
from app.web.files import send_stored
from app.web.filters import request_now
from app.web.flashes import say

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class EvidenceNone(NotFound):
    """No file is kept with this task."""


@blueprint.route("/<int:task_id>/finish", methods=["GET", "POST"])
@guard(Permission.TASKS_WORK)
def finish(task_id: int) -> ResponseReturnValue:
    """Done, perhaps with a note; frees what waited for it. A task that asks for evidence has a page for it."""
    task = queries.get_task(task_id)
    require_sight(task)
    form = FINISH_FORMS[task.evidence]()
    if request.method == "POST":
        try:
            return _finish(task_id)
        except BadInput as refusal:
            if task.evidence is Evidence.NONE:
                raise
            form.refuse(_prompt(task.evidence) if isinstance(refusal, EvidenceMissing) else refusal)
    if request.method == "GET" and (task.evidence is Evidence.NONE or task.state is not TaskState.OPEN):
        return redirect(url_for("tasks.detail", task_id=task_id))
    order = get_order(task.order_id)
    if request.method == "GET" and order.held_at is not None:
        return _say_held(order)
    page = render_template("tasks/finish.html", task=task, form=form, order=order, back=read_back())
    return page, 422 if form.errors or form.form_errors else 200


def _prompt(kind: Evidence) -> BadInput:
    """On its own page the field is in sight, so nobody is sent there."""
    return BadInput(EVIDENCE_PROMPTS[kind], field="evidence")


def _say_held(order: Order) -> ResponseReturnValue:
    """Before somebody looks for a file that would be refused."""
    try:
        require_not_held(order)
    except OrderOnHold as refusal:
        say(str(refusal), "warn")
    return redirect(read_back())


def _finish(task_id: int) -> ResponseReturnValue:
    note, version, given = request.form.get("note", ""), read_task_version(), _given()
    if given.text == REFUSED and queries.get_task(task_id).evidence is Evidence.DECISION:
        return _refuse(task_id, note, version)
    with unit_of_work():
        task = services.finish_task(task_id, note, given=given, version=version, actor=get_actor(), now=request_now())
        text = f"“{task.title}” is done.{_fulfilled(task)}"
    say(text, undo_url=url_for("tasks.reopen", task_id=task_id, next=read_back()))
    return redirect(read_back())


def _refuse(task_id: int, reason: str, version: int | None) -> ResponseReturnValue:
    with unit_of_work():
        title = refuse_task(task_id, reason, version=version, actor=get_actor(), now=request_now()).title
    say(f"“{title}” is refused and stays open; what waits for it goes on waiting.", "warn")
    return redirect(read_back())


def _given() -> Given:
    """The evidence that was sent, read before the transaction."""
    sent = request.files.get("evidence")
    if sent is not None and sent.filename:
        return Given(file_name=sent.filename, file=sent.read(LARGEST_UPLOAD + 1))
    return Given(text=request.form.get("evidence", ""))


@blueprint.get("/<int:task_id>/evidence")
@guard(Permission.TASKS_VIEW)
def evidence(task_id: int) -> ResponseReturnValue:
    """The file that shows a task is done, to download."""
    task = queries.get_task(task_id)
    require_sight(task)
    if task.evidence_document_id is None:
        raise EvidenceNone
    return send_stored(get_document(task.evidence_document_id))


def _fulfilled(task: Task) -> str:
    order = get_order(task.order_id)
    is_last = task.is_required and order.state is OrderState.FULFILLED
    return f" Order {order.number} is fulfilled." if is_last else ""
