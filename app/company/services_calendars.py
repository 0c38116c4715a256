"""Sets the working hours of the company and of departments."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.audit.services import record
from app.company.calendars import COMPANY
from app.company.identifiers import check_zone
from app.company.models_calendars import WorkCalendar
from app.company.services import lock_company
from app.db.base import session
from app.kernel.countries import parse_country
from app.kernel.errors import Conflict
from app.kernel.working_time import Span


class CalendarChanged(Conflict):
    """Somebody else changed these working hours in the meantime. Compare both and save again."""


@dataclass(frozen=True)
class CalendarData:
    """What a person says about a calendar; `week` as `rules_hours.parse_week` reads it."""

    zone: str
    country: str
    week: tuple[tuple[Span, ...], ...]
    closed_days: list[tuple[date, str]] = field(default_factory=list)


def set_calendar(code: str, data: CalendarData, *, version: int, actor: str, now: datetime) -> WorkCalendar:
    """Sets the hours of the company or of a department; `version` is 0 for the first time. Raises CalendarChanged."""
    lock_company()
    stored = session().get(WorkCalendar, code, populate_existing=True)
    if version != (stored.version if stored else 0):
        raise CalendarChanged
    wanted = _columns(data)
    before = {name: getattr(stored, name) for name in wanted} if stored else {}
    if before == wanted and stored is not None:
        return stored
    if stored is None:
        stored = WorkCalendar(code=code, version=0, **wanted)
        session().add(stored)
    for name, value in wanted.items():
        setattr(stored, name, value)
    stored.version += 1
    session().flush()
    changes = {name: [before.get(name), value] for name, value in wanted.items() if before.get(name) != value}
    record("calendar.changed", actor=actor, now=now, object_kind="company", object_id=1, calendar=code, changes=changes)
    return stored


def drop_calendar(code: str, *, actor: str, now: datetime) -> None:
    """The department keeps the company's hours again."""
    lock_company()
    stored = session().get(WorkCalendar, code)
    if stored is not None and code != COMPANY:
        session().delete(stored)
        session().flush()
        record("calendar.dropped", actor=actor, now=now, object_kind="company", object_id=1, calendar=code)


def _columns(data: CalendarData) -> dict[str, Any]:
    return {
        "zone": check_zone(data.zone, "zone"),
        "country": parse_country(data.country, "country") if data.country else "",
        "hours": [[list(interval) for interval in intervals] for intervals in data.week],
        "closed_days": [[day.isoformat(), reason] for day, reason in data.closed_days],
    }
