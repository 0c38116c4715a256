"""Pages of the daily report: the report, the rows behind each figure, its files, and who gets it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.company.queries import business_today
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.documents.queries import find_document, read_content
from app.kernel import clock
from app.kernel.errors import BadInput, NotFound
from app.outbox import queries as outbox
from app.reports import queries, services
from app.reports.models import MisSubscription
from app.reports.queries_rows import FigureRow, list_figure_rows
from app.reports.rules_view import build_view, figure_title, tell_sending
from app.web.arguments import date_argument, text_argument
from app.web.fields import parse_date

blueprint = Blueprint("reports", __name__)

MOST_ROWS = 1000
FILES = {"pdf": "application/pdf", "xlsx": "spreadsheet"}


class DayAhead(BadInput):
    """This day lies ahead, so there is nothing to report yet. Choose today or a day before."""


@blueprint.get("/daily")
@guard(Permission.REPORTS_VIEW)
def daily() -> ResponseReturnValue:
    """The stored report of a date, or today's figures so far."""
    now = clock.now()
    today = business_today(now)
    on = _not_ahead(date_argument(request.args, "on") or today, now)
    report = queries.find_report(on)
    before = queries.find_report_before(on)
    figures = report.figures if report else queries.compute_figures(on, now)
    return render_template(
        "reports/daily.html",
        view=build_view(figures, before.figures if before else None, ""),
        report=report,
        before=before,
        delivered=outbox.list_for_object("mis_report", before.id) if before else [],
        changes=queries.changed_since(report, now) if report else [],
        reports=queries.list_reports(14),
        subscription=session().get(MisSubscription, current_user.id),
        earlier=on - timedelta(days=1),
        later=on + timedelta(days=1) if on < today else None,
    )


@blueprint.get("/daily/<on>/rows")
@guard(Permission.REPORTS_VIEW)
def rows(on: str) -> ResponseReturnValue:
    """Exactly the rows a figure counts, as known when the report was taken."""
    now = clock.now()
    day = _not_ahead(_date(on), now)
    report = queries.find_report(day)
    figure = text_argument(request.args, "figure")
    found = list_figure_rows(figure, day, report.as_of if report else now)
    return render_template(
        "reports/rows.html",
        title=figure_title(figure),
        on=day,
        report=report,
        rows=found[:MOST_ROWS],
        count=len(found),
        totals=_totals(found),
    )


@blueprint.get("/daily/<on>/<kind>")
@guard(Permission.REPORTS_VIEW)
def download(on: str, kind: str) -> ResponseReturnValue:
    """The stored PDF or spreadsheet of a report."""
    if kind not in FILES:
        raise NotFound
    document = find_document("mis_report", queries.get_report(_date(on)).id, kind)
    if document is None:
        flash("This file is being made. Try again in a minute.", "info")
        return redirect(url_for("reports.daily", on=on))
    return Response(
        read_content(document),
        mimetype=document.media_type,
        headers={"Content-Disposition": f'attachment; filename="{document.name}"'},
    )


@blueprint.post("/daily/subscription")
@guard(Permission.REPORTS_SUBSCRIBE)
def change_subscription() -> ResponseReturnValue:
    """Subscribes the current person to the morning mail, or pauses it."""
    now, actor, user_id = clock.now(), get_actor(), current_user.id
    wanted = request.form.get("wanted") == "1"
    with unit_of_work():
        if wanted:
            services.subscribe(user_id, since=business_today(now), actor=actor, now=now)
        else:
            services.pause_subscription(user_id, actor=actor, now=now)
    flash("You get the next report by mail." if wanted else "No more reports by mail until you ask again.", "good")
    return redirect(url_for("reports.daily"))


@blueprint.post("/daily/<on>/send")
@guard(Permission.REPORTS_SUBSCRIBE)
def send(on: str) -> ResponseReturnValue:
    """Stores the report of a date and mails it to every subscriber who has not got it yet."""
    now, actor = clock.now(), get_actor()
    day = _not_ahead(_date(on), now)
    with unit_of_work():
        sending = services.send_report(day, actor=actor, now=now)
        queued, known = len(sending.queued), len(sending.messages) - len(sending.queued)
    flash(*tell_sending(queued, known))
    return redirect(url_for("reports.daily", on=on))


def _totals(rows: Sequence[FigureRow]) -> dict[str, int]:
    """What the rows add up to, per currency; empty where the figure is no money."""
    totals: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.amount is not None:
            totals[row.currency] += row.amount
    return dict(sorted(totals.items()))


def _not_ahead(day: date, now: datetime) -> date:
    if day > business_today(now):
        raise DayAhead(field="on")
    return day


def _date(text: str) -> date:
    try:
        return parse_date(text)
    except ValueError:
        raise NotFound from None
