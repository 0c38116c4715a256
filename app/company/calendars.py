"""Knows who works when: the hours of the company and of its departments, with the holidays of their countries."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from app.company.models_calendars import WorkCalendar
from app.company.queries import get_company
from app.company.rules_hours import STANDARD_WEEK
from app.db.base import session
from app.kernel.business_calendar import BusinessCalendar
from app.kernel.working_time import WorkingHours

COMPANY = "company"
YEARS_BACK, YEARS_AHEAD = 8, 5
WEEKEND = frozenset({5, 6})


def business_calendar(year: int) -> BusinessCalendar:
    """The company's working days around a year: its weekend, its closing days, its country's public holidays."""
    stored = session().get(WorkCalendar, COMPANY)
    if stored is None:
        return _days_of(get_company().country, year, frozenset(), None)
    free = frozenset(day for day, intervals in enumerate(stored.hours) if not intervals)
    return _days_of(stored.country, year, _closed_of(stored), free)


def working_hours(around: date, code: str = COMPANY) -> WorkingHours:
    """The calendar of a department, or the company's where it has none; nine to five where nobody said anything.

    Public holidays are known from 8 years before `around` to 5 years after it.
    """
    stored = find_calendar(code)
    if stored is None:
        company = get_company()
        return _hours_of(company.time_zone, _standard_week(company.country), company.country, frozenset(), around.year)
    week = tuple(tuple((begins, ends) for begins, ends in intervals) for intervals in stored.hours)
    return _hours_of(stored.zone, week, stored.country, _closed_of(stored), around.year)


def find_calendar(code: str) -> WorkCalendar | None:
    """The calendar of a department, or the company's where the department keeps no hours of its own."""
    return session().get(WorkCalendar, code) or session().get(WorkCalendar, COMPANY)


def _closed_of(stored: WorkCalendar) -> frozenset[date]:
    return frozenset(date.fromisoformat(day) for day, _reason in stored.closed_days)


@lru_cache(maxsize=64)
def _hours_of(
    zone: str, week: tuple[tuple[tuple[int, int], ...], ...], country: str, closed: frozenset[date], year: int
) -> WorkingHours:
    days, _weekend = holidays_of(country, range(year - YEARS_BACK, year + YEARS_AHEAD + 1))
    return WorkingHours(zone, week, closed | days)


def _standard_week(country: str) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Nine to five on the weekdays on which this country works."""
    _days, weekend = holidays_of(country, range(2000, 2001))
    return tuple(() if day in weekend else STANDARD_WEEK[0] for day in range(7))


@lru_cache(maxsize=64)
def _days_of(country: str, year: int, closed: frozenset[date], free: frozenset[int] | None) -> BusinessCalendar:
    days, weekend = holidays_of(country, range(year - 1, year + 3))
    return BusinessCalendar(days | closed, weekend if free is None else free)


def holidays_of(country: str, years: Iterable[int]) -> tuple[frozenset[date], frozenset[int]]:
    """Public holidays and weekend; none and Saturday with Sunday where the country's are not known."""
    import holidays

    try:
        found = holidays.country_holidays(country, years=years)
    except (NotImplementedError, KeyError):
        return frozenset(), WEEKEND
    return frozenset(found.keys()), frozenset(getattr(found, "weekend", ()) or WEEKEND)
