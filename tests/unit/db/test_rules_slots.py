"""When a job is due, compared with a walk through every minute of the days on which clocks jump."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from app.db.rules_slots import Daily, Hourly, Monthly, QuarterHourly, due_slots, instant_of, next_slot, pause_after

BERLIN = ZoneInfo("Europe/Berlin")

# Zones with jumps of an hour, of 30 minutes, at midnight, in both hemispheres, and with none
ZONES = (
    "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/New_York", "America/St_Johns", "America/Santiago",
    "America/Havana", "America/Asuncion", "America/Nuuk", "America/Sao_Paulo", "America/Phoenix", "Africa/Cairo",
    "Africa/Casablanca", "Asia/Beirut", "Asia/Gaza", "Asia/Jerusalem", "Asia/Tehran", "Asia/Kolkata", "Asia/Kathmandu",
    "Asia/Tokyo", "Atlantic/Azores", "Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Auckland",
    "Pacific/Chatham", "Pacific/Apia", "Pacific/Kiritimati", "Antarctica/Troll", "UTC",
)  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def locals_of(schedule, zone, after, until):
    return [slot.local_time for slot in due_slots(schedule, zone, at(after), at(until))]


def test_a_daily_job_is_due_once_each_local_day():
    slots = due_slots(Daily(time(7)), BERLIN, at("2026-10-23T00:00"), at("2026-10-27T00:00"))
    assert [(slot.period, slot.due_at) for slot in slots] == [
        ("2026-10-23", at("2026-10-23T05:00")),
        ("2026-10-24", at("2026-10-24T05:00")),
        ("2026-10-25", at("2026-10-25T06:00")),
        ("2026-10-26", at("2026-10-26T06:00")),
    ]


@pytest.mark.parametrize(
    ("zone", "local", "instant"),
    [
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00"),  # jumped over: the first instant after
        ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30"),  # comes twice: the first time
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30"),  # a jump of 30 minutes
        ("Pacific/Apia", "2011-12-30T07:00", "2011-12-30T10:00"),  # a day that never was
        ("America/Santiago", "2026-09-06T00:30", "2026-09-06T04:00"),  # a jump at midnight
        ("Asia/Kathmandu", "2026-01-01T00:00", "2025-12-31T18:15"),
    ],
)
def test_a_local_time_is_an_instant_over_every_jump(zone, local, instant):
    assert instant_of(datetime.fromisoformat(local), ZoneInfo(zone)) == at(instant)


def jump_days(zone: ZoneInfo, year: int) -> set[date]:
    """The local dates around which the offset changes."""
    days, moment = set(), datetime(year, 1, 1, tzinfo=UTC)
    before = moment.astimezone(zone).utcoffset()
    while moment.year == year:
        moment += timedelta(hours=1)
        offset = moment.astimezone(zone).utcoffset()
        if offset != before:
            days.add(moment.astimezone(zone).date())
            before = offset
    return days


def walk(zone: ZoneInfo, day: date, wanted: time) -> datetime:
    """By brute force: the first minute at which the clock on the wall shows the time, or is past it."""
    moment = datetime.combine(day, time(), UTC) - timedelta(hours=16)
    for _ in range(48 * 60):
        local = moment.astimezone(zone).replace(tzinfo=None)
        if local >= datetime.combine(day, wanted):
            return moment
        moment += timedelta(minutes=1)
    raise AssertionError("the day never came")


@pytest.mark.parametrize("name", ZONES)
def test_the_rule_agrees_with_a_walk_through_every_minute_of_the_jump_days(name):
    zone = ZoneInfo(name)
    for day in sorted(jump_days(zone, 2026)):
        for near in (day - timedelta(days=1), day):
            for hour in (0, 1, 2, 3, 23):
                for minute in (0, 30):
                    wanted = time(hour, minute)
                    assert instant_of(datetime.combine(near, wanted), zone) == walk(zone, near, wanted), (near, wanted)


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("hour", [0, 2, 3, 23])
def test_every_local_day_of_a_year_has_exactly_one_slot(name, hour):
    zone = ZoneInfo(name)
    begin, end = at("2026-01-01T12:00"), at("2027-01-02T12:00")
    slots = due_slots(Daily(time(hour, 30)), zone, begin, end)
    days = [slot.local_date for slot in slots]
    assert len(days) in {366, 367}
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert all(first.due_at < second.due_at for first, second in pairwise(slots))


def test_planning_in_pieces_finds_what_planning_at_once_finds():
    begin, end = at("2026-03-01T00:00"), at("2026-04-15T00:00")
    for schedule in (Daily(time(2, 30)), Hourly(17), QuarterHourly(10), Monthly(31, time(0, 30))):
        pieces, moment = [], begin
        while moment < end:
            later = min(moment + timedelta(hours=7, minutes=13), end)
            pieces += due_slots(schedule, BERLIN, moment, later)
            moment = later
        assert pieces == due_slots(schedule, BERLIN, begin, end)


def test_an_hourly_job_runs_once_for_each_hour_on_the_wall():
    short = locals_of(Hourly(30), BERLIN, "2026-03-28T23:00", "2026-03-29T21:59")
    long = locals_of(Hourly(30), BERLIN, "2026-10-24T22:00", "2026-10-25T22:59")
    assert len(short) == len(set(short)) == 24
    assert len(long) == len(set(long)) == 24


def test_a_monthly_job_falls_on_the_last_day_of_a_short_month():
    assert locals_of(Monthly(31, time(0, 30)), BERLIN, "2026-01-15T00:00", "2026-05-15T00:00") == [
        "2026-01-31T00:30", "2026-02-28T00:30", "2026-03-31T00:30", "2026-04-30T00:30",
    ]  # fmt: skip


def test_the_next_slot_is_after_now_even_at_the_very_minute():
    seven = at("2026-11-22T06:00")
    assert next_slot(Daily(time(7)), BERLIN, seven).local_time == "2026-11-23T07:00"
    assert next_slot(Daily(time(7)), BERLIN, seven - timedelta(seconds=1)).local_time == "2026-11-22T07:00"
    assert next_slot(Monthly(1, time(0, 30)), BERLIN, seven).local_time == "2026-12-01T00:30"


def test_a_failing_run_is_tried_five_times_within_an_hour_and_a_half():
    assert [pause_after(attempts) for attempts in range(1, 6)] == [
        *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)),
        None,
    ]
