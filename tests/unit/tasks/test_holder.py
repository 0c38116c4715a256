"""Who holds the ball of an order, and how its working time adds up."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.company.rules_hours import STANDARD_WEEK
from app.kernel.working_time import WorkedMinutes, WorkingHours, count_minutes, minute_of
from app.tasks.rules_holder import add_up, decide_holder


@dataclass
class Task:
    department_code: str
    state: str = "open"
    is_required: bool = True
    is_paused: bool = False
    due_on: date = date(2026, 11, 23)
    id: int = 1


@dataclass
class Segment:
    holder: str
    since: datetime
    until: datetime | None


LATER = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("tasks", "is_held", "holder"),
    [
        ([Task("qa")], False, "department:qa"),
        ([Task("qa")], True, "hold"),
        ([Task("qa", due_on=LATER), Task("finance")], False, "department:finance"),
        ([Task("qa", id=2), Task("finance", id=1)], False, "department:finance"),
        ([Task("marketing", is_required=False, due_on=date(2026, 1, 1)), Task("qa")], False, "department:qa"),
        ([Task("qa", is_paused=True), Task("finance", due_on=LATER)], False, "department:finance"),
        ([Task("qa", is_paused=True), Task("finance", is_paused=True)], False, "customer"),
        ([Task("qa", is_paused=True), Task("marketing", is_required=False)], False, "customer"),
        ([Task("qa", "done"), Task("marketing", is_required=False)], False, "department:marketing"),
        ([Task("qa", "blocked"), Task("rnd", "done")], False, "sales"),
        ([], False, "sales"),
        ([], True, "hold"),
    ],
)
def test_exactly_one_holds_the_ball(tasks, is_held, holder):
    assert decide_holder(tasks, is_held=is_held) == holder


ZONES = st.sampled_from(["Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
START = datetime(2026, 3, 20, tzinfo=UTC)


@given(ZONES, st.lists(st.integers(0, 20_000), min_size=1, max_size=8), st.sets(st.integers(0, 60), max_size=5))
def test_the_time_of_all_holders_is_the_elapsed_working_time(zone, lengths, closed):
    """Whatever the stretches: across the change of the clock, holidays and weekends."""
    hours = WorkingHours(zone, STANDARD_WEEK, frozenset(START.date() + timedelta(days=day) for day in closed))
    segments, at = [], START
    for number, minutes in enumerate(lengths):
        until = at + timedelta(minutes=minutes, seconds=17)
        segments.append(Segment(f"department:{number % 3}", at, until))
        at = until
    now = at + timedelta(minutes=5)
    segments[-1].until = None
    worked = WorkedMinutes(hours, minute_of(START), minute_of(now))
    shares = add_up(segments, now, worked)
    assert sum(share.minutes for share in shares) == count_minutes(hours, minute_of(START), minute_of(now))
    assert [share.is_now for share in shares].count(True) == 1


@given(ZONES, st.integers(0, 90_000), st.integers(0, 90_000))
def test_looking_up_worked_minutes_equals_counting_them(zone, one, other):
    hours = WorkingHours(zone, STANDARD_WEEK, frozenset({date(2026, 4, 6)}))
    first = minute_of(START)
    since, until = first + min(one, other), first + max(one, other)
    assert WorkedMinutes(hours, first, first + 90_000).between(since, until) == count_minutes(hours, since, until)
