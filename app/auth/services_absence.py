"""Says who is away and who stands in, and takes it back."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.audit.services import record
from app.auth.models_absence import Absence
from app.auth.queries import get_user
from app.db.base import session
from app.kernel.errors import BadInput, NotFound

LONGEST = timedelta(days=366)


class AbsenceUnknown(NotFound):
    """There is no such absence."""


class OwnStandIn(BadInput):
    """You cannot stand in for yourself. Choose somebody else."""


class StandInGone(BadInput):
    """{name} does not work here any more. Choose somebody else."""


class DaysWrong(BadInput):
    """{reason}"""


class StandInAway(BadInput):
    """{name} is away in these days too, from {first} to {last}. Choose somebody else, or other days."""


class AwayAlready(BadInput):
    """You are away from {first} to {last} already. Take that back first, or choose other days."""


def set_absence(
    user_id: int, stand_in_id: int, *, first_day: date, last_day: date, today: date, actor: str, now: datetime
) -> Absence:
    """From day to day, both included, the stand-in takes over tasks and notices.

    Raises OwnStandIn, StandInGone, DaysWrong, StandInAway, AwayAlready.
    """
    person = get_user(user_id, lock=True)
    if user_id == stand_in_id:
        raise OwnStandIn(field="stand_in_id")
    stand_in = get_user(stand_in_id)
    if not stand_in.active:
        raise StandInGone(name=stand_in.display_name, field="stand_in_id")
    _check_days(first_day, last_day, today)
    if own := _find_overlap(user_id, first_day, last_day):
        raise AwayAlready(first=own.first_day, last=own.last_day, field="first_day")
    if theirs := _find_overlap(stand_in_id, first_day, last_day):
        raise StandInAway(name=stand_in.display_name, first=theirs.first_day, last=theirs.last_day, field="stand_in_id")
    absence = Absence(
        user_id=user_id, stand_in_id=stand_in_id, first_day=first_day, last_day=last_day, set_by=actor, set_at=now
    )
    session().add(absence)
    session().flush()
    _record("user.away", absence, actor=actor, now=now, name=person.display_name, stand_in=stand_in.display_name)
    return absence


def end_absence(absence_id: int, *, user_id: int, today: date, actor: str, now: datetime) -> None:
    """Back already, or not away after all: what has begun ends yesterday. Raises AbsenceUnknown."""
    absence = session().get(Absence, absence_id, with_for_update=True, populate_existing=True)
    if absence is None or absence.user_id != user_id or absence.last_day < today:
        raise AbsenceUnknown
    _record("user.back", absence, actor=actor, now=now)
    if absence.first_day < today:
        absence.last_day = today - timedelta(days=1)
    else:
        session().delete(absence)


def _check_days(first_day: date, last_day: date, today: date) -> None:
    if last_day < first_day:
        raise DaysWrong(reason="The last day cannot be before the first.", field="last_day")
    if last_day < today:
        raise DaysWrong(reason=f"{last_day} is over. Choose a day from today on.", field="last_day")
    if last_day - first_day > LONGEST:
        raise DaysWrong(reason="An absence is at most a year long.", field="last_day")


def _find_overlap(user_id: int, first_day: date, last_day: date) -> Absence | None:
    overlapping = select(Absence).where(
        Absence.user_id == user_id, Absence.first_day <= last_day, Absence.last_day >= first_day
    )
    return session().scalars(overlapping.order_by(Absence.first_day)).first()


def _record(action: str, absence: Absence, *, actor: str, now: datetime, **detail: Any) -> None:
    days: dict[str, Any] = {"first_day": absence.first_day.isoformat(), "last_day": absence.last_day.isoformat()}
    record(action, actor=actor, now=now, object_kind="user", object_id=absence.user_id, **days, **detail)
