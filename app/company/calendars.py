"""Knows the company's working days: weekends and public holidays of its country."""

from functools import lru_cache

from app.company.queries import get_company
from app.kernel.business_calendar import BusinessCalendar

YEARS_AHEAD = 3


def business_calendar(year: int) -> BusinessCalendar:
    """The calendar around a year, with the public holidays of the company's country where they are known."""
    return _calendar_of(get_company().country, year)


@lru_cache(maxsize=64)
def _calendar_of(country: str, year: int) -> BusinessCalendar:
    import holidays

    try:
        found = holidays.country_holidays(country, years=range(year - 1, year + YEARS_AHEAD))
    except NotImplementedError:
        return BusinessCalendar()
    weekend = frozenset(getattr(found, "weekend", ()) or (5, 6))
    return BusinessCalendar(frozenset(found.keys()), weekend)
