"""Calendars: the company's, a department's own, and what both say about working time."""

from datetime import UTC, date, datetime

import pytest

from app.company.calendars import business_calendar, working_hours
from app.company.rules_hours import parse_week
from app.company.services_calendars import CalendarChanged, CalendarData, drop_calendar, set_calendar
from app.db.unit_of_work import unit_of_work
from app.kernel.working_time import count_minutes, minute_of
from tests import factories

ON = date(2026, 11, 22)
SHIFTS = parse_week(["06:00-14:00"] * 6 + [""])


@pytest.fixture
def company(app, now):
    return factories.make_company(now=now)


def keep(code="qa", version=0, *, now, **changes):
    said = {"zone": "Europe/Vienna", "country": "AT", "week": SHIFTS, **changes}
    with unit_of_work():
        return set_calendar(code, CalendarData(**said), version=version, actor="user:1", now=now).version


def minutes(code, since, until):
    hours = working_hours(ON, code)
    return count_minutes(hours, minute_of(datetime(*since, tzinfo=UTC)), minute_of(datetime(*until, tzinfo=UTC)))


def test_nine_to_five_holds_until_somebody_says_otherwise(company):
    assert minutes("qa", (2026, 11, 23), (2026, 11, 30)) == 5 * 480


def test_a_department_keeps_its_own_hours_and_the_others_the_companys(company, now):
    keep(now=now)
    keep("company", week=parse_week(["08:00-12:00"] * 5 + ["", ""]), now=now)
    assert minutes("qa", (2026, 11, 23), (2026, 11, 30)) == 6 * 480
    assert minutes("finance", (2026, 11, 23), (2026, 11, 30)) == 5 * 240
    with unit_of_work():
        drop_calendar("qa", actor="user:1", now=now)
    assert minutes("qa", (2026, 11, 23), (2026, 11, 30)) == 5 * 240


def test_public_holidays_and_closing_days_are_not_worked(company, now):
    keep(closed_days=[(date(2026, 12, 24), "Christmas Eve")], now=now)
    # 24 December by the department's wish, 25 and 26 by Austrian law, 27 is a Sunday
    assert minutes("qa", (2026, 12, 24), (2026, 12, 28)) == 0


def test_the_companys_closing_days_move_due_dates(company, now):
    keep("company", closed_days=[(date(2026, 11, 23), "Move")], now=now)
    assert business_calendar(2026).add_working_days(ON, 1) == date(2026, 11, 24)


def test_two_people_who_set_the_hours_do_not_overwrite_each_other(company, now):
    assert keep(now=now) == 1
    with pytest.raises(CalendarChanged):
        keep(zone="Europe/London", now=now)
    assert working_hours(ON, "qa").zone == "Europe/Vienna"
    assert keep(version=1, zone="Europe/London", now=now) == 2
