"""Bands of a backlog, shares of an order, and exceptions on their day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.documents.rules_files import check_file
from app.kernel.business_calendar import BusinessCalendar
from app.orders.rules_age import AgeBand, list_bands, percent_of
from app.orders.rules_exceptions import DateNotAhead, ExceptionState, require_ahead, standing

TODAY = date(2026, 11, 23)  # a Monday
CALENDAR = BusinessCalendar(frozenset({date(2026, 11, 18)}))


def test_every_day_stands_in_the_band_of_its_working_days():
    bands = list_bands(TODAY, CALENDAR)
    ends = {AgeBand.FRESH: 5, AgeBand.OLDER: 10, AgeBand.OLD: 20, AgeBand.OLDEST: 10_000}
    for back in range(80):
        day = TODAY - timedelta(days=back)
        age = CALENDAR.working_days_between(day, TODAY)
        wanted = next(band for band, most in ends.items() if age <= most)
        found = [band for band, days in bands.items() if (days.first or day) <= day and day <= (days.last or day)]
        assert found == [wanted], (day, age)


@pytest.mark.parametrize(("part", "whole", "percent"), [(0, 5, 0), (199, 200, 99), (3, 3, 100), (1, 0, None)])
def test_a_share_is_never_rounded_up_to_the_whole(part, whole, percent):
    assert percent_of(part, whole) == percent


@pytest.mark.parametrize(
    ("state", "until", "stands"),
    [
        ("open", None, "open"),
        ("suspended", TODAY + timedelta(days=1), "suspended"),
        ("suspended", TODAY, "open"),
        ("suspended", TODAY - timedelta(days=9), "open"),
        ("resolved", None, "resolved"),
    ],
)
def test_a_suspended_exception_is_back_on_its_day(state, until, stands):
    assert standing(ExceptionState(state), until, TODAY) == stands


def test_an_exception_is_put_aside_until_a_day_ahead():
    require_ahead(TODAY + timedelta(days=1), TODAY)
    for day in (TODAY, TODAY - timedelta(days=1)):
        with pytest.raises(DateNotAhead):
            require_ahead(day, TODAY)


@pytest.mark.parametrize(
    ("name", "content", "ending"),
    [
        ("offer.eml", b"From: a@b.example\r\nSubject: x\r\n\r\n<html><script>1</script>", "eml"),
        ("offer.eml", b"Date: today\nX-Long: a\n b\n\nhello", "eml"),
        ("offer.eml", b"%PDF-1.7 ...", "pdf"),
        ("list.csv", b"a,b\n1,2\n", "csv"),
    ],
)
def test_a_mail_is_kept_as_it_was_received_and_all_else_by_its_bytes(name, content, ending):
    assert check_file(name, content).ending == ending
