"""Pages about who holds the ball: a task waits for the customer or goes on, and how long each holder held."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import redirect, render_template, request

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.tasks import queries, queries_holder, services_pause
from app.tasks.holders import name_holder
from app.tasks.pages import blueprint
from app.tasks.rows import require_sight
from app.tasks.rules_holder import DEPARTMENT, HOLD
from app.tasks.views_acts import read_back, read_task_version
from app.web.filters import request_now
from app.web.flashes import say

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

LOOKED_BACK = timedelta(days=30)


@blueprint.post("/<int:task_id>/pause")
@guard(Permission.TASKS_WORK)
def pause(task_id: int) -> ResponseReturnValue:
    """The customer has to do something first."""
    require_sight(queries.get_task(task_id))
    reason, version = request.form.get("reason", ""), read_task_version()
    with unit_of_work():
        task = services_pause.pause_task(task_id, reason, version=version, actor=get_actor(), now=request_now())
        title = task.title
    say(f"“{title}” waits for the customer; its clock stands still.")
    return redirect(read_back())


@blueprint.post("/<int:task_id>/resume")
@guard(Permission.TASKS_WORK)
def resume(task_id: int) -> ResponseReturnValue:
    """The customer did their part."""
    require_sight(queries.get_task(task_id))
    version = read_task_version()
    with unit_of_work():
        title = services_pause.resume_task(task_id, version=version, actor=get_actor(), now=request_now()).title
    say(f"“{title}” goes on.")
    return redirect(read_back())


@blueprint.get("/holders")
@guard(Permission.TASKS_VIEW_ALL)
def holders() -> ResponseReturnValue:
    """Who holds how many orders now, and how long each held in the last thirty days."""
    now = request_now()
    minutes = queries_holder.sum_by_holder(now - LOOKED_BACK, now)
    open_now = queries_holder.count_by_holder()
    departments = queries.name_departments()
    rows = [
        {
            "name": name_holder(holder, departments),
            "open": open_now.get(holder, 0),
            "minutes": minutes.get(holder, 0),
            "department": holder.removeprefix(DEPARTMENT) if holder.startswith(DEPARTMENT) else "",
            "is_hold": holder == HOLD,
        }
        for holder in sorted(minutes.keys() | open_now.keys(), key=lambda one: -minutes.get(one, 0))
    ]
    return render_template("tasks/holders.html", rows=rows, total=sum(minutes.values()))
