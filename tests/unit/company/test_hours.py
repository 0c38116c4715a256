"""Working hours as people write them."""

from datetime import date

import pytest

from app.company.rules_hours import parse_closed_days, parse_hours, parse_week, summarise_week, write_hours
from app.kernel.errors import BadInput

EMPTY = ("",) * 6


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("09:00-17:00", "09:00-17:00"),
        ("9-12:30, 13:30 – 17", "09:00-12:30, 13:30-17:00"),
        ("13:00-17:00; 09:00-12:00", "09:00-12:00, 13:00-17:00"),
        ("09:00-12:00, 12:00-17:00", "09:00-17:00"),
        ("22:00-24:00", "22:00-24:00"),
        ("", ""),
    ],
)
def test_hours_are_read_in_many_spellings_and_written_in_one(text, written):
    assert write_hours(parse_hours(text, "monday")) == written


@pytest.mark.parametrize("text", ["all day", "17:00-09:00", "09:00-09:00", "09:00-25:00", "09:60-17:00", "9", "-"])
def test_hours_that_cannot_be_are_refused_at_their_weekday(text):
    with pytest.raises(BadInput) as refused:
        parse_week(["09:00-17:00", text, *EMPTY[:5]])
    assert refused.value.field == "tuesday"
    assert "Write it like" in str(refused.value)


def test_hours_that_overlap_are_refused_with_both_named():
    with pytest.raises(BadInput, match="09:00-12:00 and 11:00-17:00 overlap") as refused:
        parse_week(["11:00-17:00, 9-12", *EMPTY])
    assert refused.value.field == "monday"


def test_a_calendar_without_working_hours_is_refused():
    with pytest.raises(BadInput, match="Nobody would ever work") as refused:
        parse_week(("", *EMPTY))
    assert refused.value.field == "monday"


def test_closing_days_are_dates_with_what_they_are_for():
    text = "31.12.2026 Stocktaking\n\n2026-12-24"
    assert parse_closed_days(text) == [(date(2026, 12, 24), ""), (date(2026, 12, 31), "Stocktaking")]


@pytest.mark.parametrize(
    "text", ["2026-12-24\n24.13.2026 Eve", "2026-12-24\n12/24/2026", "2026-01-01\n2026-02-30 Nothing"]
)
def test_a_closing_day_that_is_no_date_is_named_by_its_line(text):
    with pytest.raises(BadInput, match="Line 2") as refused:
        parse_closed_days(text)
    assert refused.value.field == "closed_days"


def test_a_week_is_said_in_few_words():
    week = parse_week(["9-17", "9-17", "9-17", "9-17", "9-13", "", ""])
    assert summarise_week(week) == [("Mon-Thu", "09:00-17:00"), ("Fri", "09:00-13:00")]
