"""Knows how exceptions are shown: each with its order, who sees to it, its age, and how it stands today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.auth.names import list_people, name_actors, name_users
from app.company.calendars import business_calendar
from app.orders.forms_exceptions import HandForm, RaiseForm
from app.orders.models_exceptions import OrderException
from app.orders.queries import Head, heads_of
from app.orders.queries_talk import list_mentionable
from app.orders.rules_exceptions import CAUSE_LABELS, ExceptionState, standing
from app.web.filters import request_today
from app.web.lookups import look_up


@dataclass(frozen=True)
class ExceptionRow:
    """An exception as pages show it; `age` in working days, `owner` a person, a department or empty."""

    exception: OrderException
    order: Head
    cause: str
    standing: ExceptionState
    owner: str
    raised_by: str
    resolved_by: str
    age: int


def build_exception_rows(exceptions: Sequence[OrderException]) -> list[ExceptionRow]:
    """Rows in the order given; as many reads for fifty exceptions as for one."""
    if not exceptions:
        return []
    today = request_today()
    heads = heads_of([one.order_id for one in exceptions])
    people, departments = name_users(one.owner_id for one in exceptions), dict(list_departments())
    actors = name_actors(actor for one in exceptions for actor in (one.raised_by, one.resolved_by))
    calendar = business_calendar(today.year)
    return [
        ExceptionRow(
            exception=one,
            order=heads[one.order_id],
            cause=CAUSE_LABELS[one.cause],
            standing=standing(one.state, one.suspended_until, today),
            owner=people.get(one.owner_id or 0) or departments.get(one.department_code or "", ""),
            raised_by=actors[one.raised_by],
            resolved_by=actors.get(one.resolved_by or "", ""),
            age=calendar.working_days_between(one.raised_on, one.resolved_on or today),
        )
        for one in exceptions
    ]


def list_departments() -> list[tuple[str, str]]:
    """Code and name of each department; tasks, to our right, know them."""
    found: list[tuple[str, str]] = look_up("departments", [])
    return found


def build_raise_form(*, sent: bool = False) -> RaiseForm:
    """The form that raises an exception, empty or as it was sent."""
    departments, people = list_departments(), list_people()
    if sent:
        return RaiseForm(departments=departments, people=people)
    return RaiseForm(formdata=None, departments=departments, people=people)


def build_hand_form(*, sent: bool = False) -> HandForm:
    """The form that hands an exception over, to whoever may see it."""
    departments, people = list_departments(), [(person.id, person.name) for person in list_mentionable()]
    if sent:
        return HandForm(departments=departments, people=people)
    return HandForm(formdata=None, departments=departments, people=people)
