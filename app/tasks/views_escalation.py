"""Pages of the escalation ladder: who is told when, its levels, and what people do about it."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.names import list_people
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.tasks import queries, services_escalation
from app.tasks.forms_escalation import LadderForm
from app.tasks.models_escalation import TaskEscalation
from app.tasks.pages import blueprint
from app.tasks.panels_escalation import build_steps, require_told
from app.tasks.queries_escalation import list_levels, name_leads, select_planned, select_unanswered
from app.tasks.rows import my_scope, require_sight
from app.tasks.rules_escalation import MOST_LEVELS, read_ladder
from app.tasks.services_ladder import LadderChanged, describe_ladder, set_ladder
from app.tasks.views_acts import read_back
from app.web.arguments import word_argument
from app.web.filters import request_now
from app.web.flashes import say
from app.web.listing import Count, count_up_to, paginate

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class Told(enum.StrEnum):
    """Steps of the ladder: still to come, or told and not answered by anybody."""

    PLANNED = "planned"
    UNANSWERED = "unanswered"


TABS = {Told.PLANNED: "If nobody acts", Told.UNANSWERED: "No answer yet"}


@blueprint.get("/escalations")
@guard(Permission.TASKS_VIEW)
def escalations() -> ResponseReturnValue:
    """If nobody acts, who is told when, the next first; or what was told and waits for an answer, the oldest first."""
    shown = word_argument(request.args, "show", Told) or Told.PLANNED
    chosen = {Told.PLANNED: select_planned(my_scope()), Told.UNANSWERED: select_unanswered(my_scope())}
    at = TaskEscalation.due_at if shown is Told.PLANNED else TaskEscalation.notified_at
    page = paginate(chosen[shown], order=[(at, "asc"), (TaskEscalation.id, "asc")])
    tasks = queries.get_tasks([step.task_id for step in page.rows])
    counts = {word: count_up_to(statement) for word, statement in chosen.items()}
    return render_template(
        "tasks/escalations.html", page=page, rows=build_steps(page.rows, tasks), count=counts[shown],
        is_planned=shown is Told.PLANNED, tabs=[_tab(word, counts[word], shown) for word in Told],
        here=request.full_path.rstrip("?"),
    )  # fmt: skip


def _tab(word: Told, count: Count, shown: Told) -> dict[str, object]:
    url = url_for("tasks.escalations", show=None if word is Told.PLANNED else word.value)
    return {"label": TABS[word], "url": url, "count": count, "active": word is shown}


@blueprint.post("/<int:task_id>/acknowledge")
@guard(Permission.TASKS_WORK)
def acknowledge(task_id: int) -> ResponseReturnValue:
    """Somebody has seen it and sees to it."""
    task = queries.get_task(task_id)
    require_sight(task)
    require_told(task)
    with unit_of_work():
        title = services_escalation.acknowledge(task_id, actor=get_actor(), now=request_now()).title
    say(f"You see to “{title}”; nobody else is told.")
    return redirect(read_back())


@blueprint.post("/<int:task_id>/escalate")
@guard(Permission.TASKS_WORK)
def escalate(task_id: int) -> ResponseReturnValue:
    """The next level is told at once."""
    require_sight(queries.get_task(task_id))
    reason = request.form.get("reason", "")
    with unit_of_work():
        step = services_escalation.escalate_now(task_id, reason, actor=get_actor(), now=request_now())
        told = step.told
    say(f"Told: {told}.")
    return redirect(read_back())


@blueprint.route("/ladder", methods=["GET", "POST"])
@guard(Permission.SETTINGS_EDIT)
def ladder() -> ResponseReturnValue:
    """Who is told at which share of a target, and who leads which department."""
    form, status = LadderForm(people=list_people(), data=_stored()), 200
    if form.is_submitted():
        status = 422
        try:
            if form.validate():
                return _save(form)
        except BadInput as refusal:
            form.refuse(refusal)
        except LadderChanged as refusal:
            # Saving again is a decision made with both in sight
            form.form_errors = [str(refusal)]
            form.seen.data, status = describe_ladder(), 409
    return render_template("tasks/ladder.html", form=form, departments=queries.name_departments()), status


def _save(form: LadderForm) -> ResponseReturnValue:
    levels = read_ladder([(entry.share.data or "", entry.who.data) for entry in form.levels])
    leads = {entry.code.data: entry.form.lead_id() for entry in form.leads}
    with unit_of_work():
        set_ladder(levels, leads, seen=form.seen.data or "", actor=get_actor(), now=request_now())
    say("The escalation ladder is saved. What is planned follows within the hour.")
    return redirect(url_for("tasks.ladder"))


def _stored() -> dict[str, object]:
    """The ladder as the form shows it, with empty rows for more levels."""
    levels = [{"share": str(level.share_percent), "who": level.who.value} for level in list_levels()]
    leads = name_leads()
    return {
        "seen": describe_ladder(),
        "levels": levels + [{"share": "", "who": "manager"}] * (MOST_LEVELS - len(levels)),
        "leads": [{"code": one.code, "lead": str(leads[one.code] or "")} for one in queries.list_departments()],
    }
