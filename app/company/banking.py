"""Knows on which days banks work: the days of TARGET, the euro's payment system, or those of a country."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from app.company.calendars import WEEKEND, holidays_of
from app.kernel.business_calendar import BusinessCalendar

TARGET = "TARGET"


@lru_cache(maxsize=64)
def banking_calendar(code: str, years: frozenset[int]) -> BusinessCalendar:
    """The banking days of TARGET or of a country (ISO 3166-1) in these years."""
    if code == TARGET:
        return BusinessCalendar(_target_holidays(years), WEEKEND)
    return BusinessCalendar(*holidays_of(code, years))


def _target_holidays(years: Iterable[int]) -> frozenset[date]:
    import holidays

    return frozenset(holidays.financial_holidays("ECB", years=years))
