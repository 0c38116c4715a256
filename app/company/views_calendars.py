"""Pages of working hours: whose they are, and one calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import redirect, render_template, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.company.calendars import COMPANY, find_calendar, working_hours
from app.company.forms_calendars import CalendarForm
from app.company.models_calendars import WorkCalendar
from app.company.pages import blueprint
from app.company.queries import get_company
from app.company.rules_hours import WEEKDAYS, summarise_week, write_hours
from app.company.services_calendars import CalendarChanged, drop_calendar, set_calendar
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.kernel.clock import list_zones
from app.kernel.errors import BadInput, NotFound
from app.web.filters import request_now, request_today
from app.web.flashes import say
from app.web.lookups import look_up
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class CalendarUnknown(NotFound):
    """There is no such department."""


@blueprint.get("/hours")
@guard(Permission.SETTINGS_VIEW)
def calendars() -> ResponseReturnValue:
    """Whose hours are whose."""
    rows = [_row(code, name) for code, name in _owners().items()]
    return render_template("company/calendars.html", rows=rows)


@blueprint.route("/hours/<code>", methods=["GET", "POST"])
@guard(Permission.SETTINGS_EDIT)
def calendar(code: str) -> ResponseReturnValue:
    """The hours of the company or of one department."""
    name = _owners().get(code)
    if name is None:
        raise CalendarUnknown
    form, status, stored = CalendarForm(data=_typed(code)), 200, None
    if form.is_submitted():
        status = 422
        try:
            if form.validate():
                return _save(code, name, form)
        except BadInput as refusal:
            form.refuse(refusal)
        except CalendarChanged:
            # Saving again is a decision made with both in sight
            stored, status = _typed(code), 409
            form.version.data = stored["version"]
    own = session().get(WorkCalendar, code) is not None
    return render_template(
        "company/calendar.html", form=form, code=code, name=name, weekdays=WEEKDAYS, stored=stored, zones=list_zones(),
        may_drop=own and code != COMPANY,
    ), status  # fmt: skip


def _save(code: str, name: str, form: CalendarForm) -> ResponseReturnValue:
    with unit_of_work():
        set_calendar(code, form.said(), version=read_version(form.version.data), actor=get_actor(), now=request_now())
    say(f"The working hours of {name} are saved. Clocks that run count by them from now on.")
    return redirect(url_for("company.calendars"))


@blueprint.post("/hours/<code>/drop")
@guard(Permission.SETTINGS_EDIT)
def drop(code: str) -> ResponseReturnValue:
    """The department works when the company does."""
    with unit_of_work():
        drop_calendar(code, actor=get_actor(), now=request_now())
    say(f"{_owners().get(code, code)} works when the company does.")
    return redirect(url_for("company.calendars"))


def _owners() -> dict[str, str]:
    return {COMPANY: get_company().name, **dict(look_up("departments", []))}


def _row(code: str, name: str) -> dict[str, Any]:
    hours = working_hours(request_today(), code)
    own = session().get(WorkCalendar, code)
    week = summarise_week(hours.hours)
    coming = sorted(day for day in hours.closed if day >= request_today())[:3]
    return {"code": code, "name": name, "own": own is not None, "week": week, "zone": hours.zone, "coming": coming}


def _typed(code: str) -> dict[str, str]:
    """The calendar as the form shows it; the first time it shows the hours that hold so far."""
    own, held = session().get(WorkCalendar, code), find_calendar(code)
    hours = working_hours(request_today(), code)
    closed = held.closed_days if held else []
    week = {day: write_hours(intervals) for day, intervals in zip(WEEKDAYS, hours.hours, strict=True)}
    return {
        "version": str(own.version if own else 0),
        "zone": hours.zone,
        "country": held.country if held else get_company().country,
        "closed_days": "\n".join(f"{day} {reason}".strip() for day, reason in closed),
        **week,
    }
