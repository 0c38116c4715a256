"""Pages about who holds the ball: a task waits for the customer or goes on, and how long each holder held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from flask import redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import NotFound
from app.orders.queries import heads_of
from app.tasks import queries, queries_holder, services_pause
from app.tasks.holders import NAMES, name_holder, tone_of
from app.tasks.models_holder import OrderHolder
from app.tasks.pages import blueprint
from app.tasks.rows import require_sight
from app.tasks.rules_holder import DEPARTMENT, HOLD
from app.tasks.rules_period import CHOICES, Period, choose_period
from app.tasks.views_acts import read_back, read_task_version
from app.web.arguments import date_argument
from app.web.filters import company_zone, request_now, request_today
from app.web.flashes import say
from app.web.listing import count_up_to, paginate

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


BAR = 200


class HolderUnknown(NotFound):
    """Nobody of this name holds orders."""


@dataclass(frozen=True)
class Span:
    """The chosen days as instants; it ends now when the last day is not over."""

    period: Period
    since: datetime
    until: datetime

    @property
    def address(self) -> dict[str, Any]:
        return {"from": self.period.first.isoformat(), "to": self.period.last.isoformat()}


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
    """Who holds how many orders now, and how long each held in the chosen days."""
    span = _read_span()
    minutes = queries_holder.sum_by_holder(span.since, span.until)
    open_now = queries_holder.count_by_holder()
    departments = queries.name_departments()
    most = max(minutes.values(), default=0)
    rows = [
        {
            "name": name_holder(holder, departments),
            "tone": tone_of(holder, list(departments)),
            "open": open_now.get(holder, 0),
            "minutes": minutes.get(holder, 0),
            "width": round(BAR * minutes.get(holder, 0) / most, 1) if most else 0,
            "url": url_for("tasks.stretches", holder=holder, **span.address),
            "department": holder.removeprefix(DEPARTMENT) if holder.startswith(DEPARTMENT) else "",
            "is_hold": holder == HOLD,
        }
        for holder in sorted(minutes.keys() | open_now.keys(), key=lambda one: -minutes.get(one, 0))
    ]
    return render_template(
        "tasks/holders.html", rows=rows, total=sum(minutes.values()), span=span, choices=_choices(), bar=BAR
    )


@blueprint.get("/holders/<holder>")
@guard(Permission.TASKS_VIEW_ALL)
def stretches(holder: str) -> ResponseReturnValue:
    """Each stretch in which this one held an order in the chosen days; their minutes add up to the sum."""
    departments = queries.name_departments()
    if holder not in NAMES and holder.removeprefix(DEPARTMENT) not in departments:
        raise HolderUnknown
    span = _read_span()
    statement = queries_holder.select_stretches(holder, span.since, span.until)
    page = paginate(statement, order=[(OrderHolder.id, "desc")])
    return render_template(
        "tasks/stretches.html",
        name=name_holder(holder, departments),
        span=span,
        page=page,
        rows=list(zip(page.rows, queries_holder.measure(page.rows, span.since, span.until), strict=True)),
        orders=heads_of([row.order_id for row in page.rows]),
        total=queries_holder.sum_by_holder(span.since, span.until).get(holder, 0),
        count=count_up_to(statement),
    )


def _read_span() -> Span:
    period = choose_period(date_argument(request.args, "from"), date_argument(request.args, "to"), request_today())
    since, end = (_begin(day) for day in (period.first, period.last + timedelta(days=1)))
    return Span(period, since, max(since, min(end, request_now())))


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, company_zone()).astimezone(UTC)


def _choices() -> list[dict[str, object]]:
    today = request_today()
    return [
        {"days": days, "first": (today - timedelta(days=days - 1)).isoformat(), "last": today.isoformat()}
        for days in CHOICES
    ]
