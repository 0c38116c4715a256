"""The page that gives a task another target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.orders.queries import get_order
from app.tasks import queries
from app.tasks.forms import TargetForm
from app.tasks.pages import blueprint
from app.tasks.rows import require_sight
from app.tasks.rules_added import read_target, write_target
from app.tasks.services_added import change_target
from app.tasks.views_acts import read_back
from app.web.filters import request_now
from app.web.flashes import say
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.route("/<int:task_id>/target", methods=["GET", "POST"])
@guard(Permission.ORDERS_EDIT)
def target(task_id: int) -> ResponseReturnValue:
    """How much working time the task may take, typed anew."""
    task = queries.get_task(task_id)
    require_sight(task)
    form = TargetForm(data={"version": str(task.version), "target": write_target(task.target_minutes)})
    if form.validate_on_submit():
        try:
            return _change(task_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
    page = render_template("tasks/target.html", task=task, form=form, order=get_order(task.order_id), back=read_back())
    return page, 422 if form.errors or form.form_errors else 200


def _change(task_id: int, form: TargetForm) -> ResponseReturnValue:
    minutes, version = read_target(form.target.data or ""), read_version(form.version.data)
    with unit_of_work():
        title = change_target(task_id, minutes, version=version, actor=get_actor(), now=request_now()).title
    say(f"“{title}” has another target." if minutes else f"“{title}” has no target and no clock.")
    return redirect(read_back())
