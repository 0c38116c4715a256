"""Pages that look across all wings: Today, the palette's search, and health."""

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.auth.guards import signed_in
from app.auth.rules import Permission, may
from app.company.queries import business_today, find_company
from app.desk import queries
from app.kernel import clock
from app.reports import queries as reports
from app.reports.rules_view import View, build_view
from app.web.arguments import text_argument

blueprint = Blueprint("desk", __name__)


@blueprint.get("/")
@signed_in
def today() -> ResponseReturnValue:
    """What needs me now, by role, and how the company stands."""
    now = clock.now()
    if find_company() is None:
        return render_template("desk/no_company.html")
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
    hits = queries.find_hits(text_argument(request.args, "q"), current_user.role)
    if request.accept_mimetypes.best == "text/html":
        return render_template("desk/search.html", q=text_argument(request.args, "q"), hits=hits)
    return jsonify([{"label": hit.label, "url": hit.url, "kind": hit.kind} for hit in hits])
