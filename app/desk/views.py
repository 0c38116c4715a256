"""Pages that look across all wings: Today, the palette's search, and health."""

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.auth.guards import get_actor, guard, signed_in
from app.auth.rules import Permission, may
from app.company.queries import business_today, find_company
from app.db.unit_of_work import unit_of_work
from app.desk import queries, queries_health, services
from app.documents.services import retry_request
from app.kernel import clock
from app.reports import queries as reports
from app.reports.rules_view import View, build_view
from app.web.arguments import text_argument
from app.web.errors import wants_json
from app.web.lookups import look_up

blueprint = Blueprint("desk", __name__)


@blueprint.get("/")
@signed_in
def today() -> ResponseReturnValue:
    """What needs me now, by role, and how the company stands."""
    now = clock.now()
    if find_company() is None:
        return render_template("company/missing.html")
    day = business_today(now)
    return render_template("desk/today.html", day=day, needs=queries.list_needs(current_user, day), view=_figures())


def _figures() -> View | None:
    """The newest stored report, for those who may see it; today's own figures are one click away."""
    if not may(current_user.role, Permission.REPORTS_VIEW) or not (stored := reports.list_reports(2)):
        return None
    before = stored[1].figures if len(stored) > 1 else None
    return build_view(stored[0].figures, before, "")


@blueprint.get("/search")
@signed_in
def search() -> ResponseReturnValue:
    """What the palette shows for a few letters: documents by number, customers by name."""
    text = text_argument(request.args, "q")
    hits = queries.find_hits(text, current_user.role)
    if wants_json():
        return jsonify([{"label": hit.label, "url": hit.url, "kind": hit.kind} for hit in hits])
    return render_template("desk/search.html", q=text, hits=hits)


@blueprint.get("/health")
@guard(Permission.HEALTH_VIEW)
def health() -> ResponseReturnValue:
    """Workers, jobs, mails, documents and the database: what is in order, and what somebody must mend."""
    return render_template("desk/health.html", health=queries_health.read_health(look_up("jobs", []), clock.now()))


@blueprint.post("/health/run-again")
@guard(Permission.OUTBOX_DECIDE)
def run_again() -> ResponseReturnValue:
    """Puts a failed run of a job back in line."""
    job, local_time = text_argument(request.form, "job"), text_argument(request.form, "local_time")
    with unit_of_work():
        services.repeat_run(job, local_time, actor=get_actor(), now=clock.now())
    flash("It is in line again; the worker takes it within seconds.", "good")
    return redirect(url_for("desk.health"))


@blueprint.post("/health/documents/<int:request_id>/retry")
@guard(Permission.OUTBOX_DECIDE)
def render_again(request_id: int) -> ResponseReturnValue:
    """Lets the worker try a failed document again."""
    with unit_of_work():
        retry_request(request_id, actor=get_actor(), now=clock.now())
    flash("It is in line again; the worker takes it within seconds.", "good")
    return redirect(url_for("desk.health"))
