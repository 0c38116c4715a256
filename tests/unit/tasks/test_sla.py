"""The SLA clock: hand-worked days, changes of the clock, refusals, and a second clock that walks each minute."""

from __future__ import annotations

import random
from typing import Any

import pytest

from app.tasks.rules_sla import compute_json
from tests.unit.tasks import sla_chance, walker

OFFICE = {day: [["09:00", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")}
NIGHT = {day: [["00:00", "06:00"]] for day in sla_chance.WEEKDAYS}


def ask(started: str, target: int, at: str, **more: Any) -> dict[str, Any]:
    asked = {
        "zone": "Europe/Berlin", "hours": OFFICE, "started_at": started, "target_minutes": target, "now": at, **more
    }  # fmt: skip
    answer = compute_json(asked)
    assert isinstance(answer, dict)
    return answer


@pytest.mark.parametrize(
    ("started", "target", "due"),
    [
        ("2026-12-21T10:00+01:00", 60, "2026-12-21T11:00:00+01:00"),
        ("2026-12-21T10:00+01:00", 450, "2026-12-21T17:30:00+01:00"),  # met at closing time: due at closing time
        ("2026-12-21T10:00+01:00", 451, "2026-12-22T09:01:00+01:00"),
        ("2026-12-21T07:00+01:00", 30, "2026-12-21T09:30:00+01:00"),
        ("2026-12-19T12:00+01:00", 30, "2026-12-21T09:30:00+01:00"),  # a Saturday
        ("2026-12-24T16:30+01:00", 120, "2026-12-28T10:00:00+01:00"),  # over Christmas and a weekend
        ("2026-12-19T12:00+01:00", 0, "2026-12-19T12:00:00+01:00"),
    ],
)
def test_a_target_is_due_when_its_working_minutes_are_over(started, target, due):
    assert ask(started, target, started, holidays=["2026-12-25"])["due_at"] == due


@pytest.mark.parametrize(
    ("hours", "started", "now", "worked"),
    [
        (NIGHT, "2026-03-28T00:00+01:00", "2026-03-29T00:00+01:00", 360),
        (NIGHT, "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", 300),  # 02:00 to 03:00 is not there
        (NIGHT, "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", 420),  # 02:00 to 03:00 is there twice
        ({"sun": [["02:00", "03:00"]]}, "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", 0),
        ({"sun": [["02:15", "02:45"]]}, "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", 60),
    ],
)
def test_minutes_the_clock_skips_are_not_worked_and_those_it_repeats_count_twice(hours, started, now, worked):
    assert ask(started, 1_000, now, hours=hours)["elapsed_minutes"] == worked


def test_a_pause_stops_the_clock_and_moves_the_due_time():
    paused = [["2026-12-21T11:00+01:00", "2026-12-22T10:00+01:00"]]
    answer = ask("2026-12-21T10:00+01:00", 120, "2026-12-22T10:30+01:00", pauses=paused)
    assert answer == {
        "due_at": "2026-12-22T11:00:00+01:00", "elapsed_minutes": 90, "remaining_minutes": 30, "breached": False
    }  # fmt: skip


def test_pauses_that_overlap_are_counted_once():
    twice = [["2026-12-21T11:00+01:00", "2026-12-21T12:00+01:00"], ["2026-12-21T11:30+01:00", "2026-12-21T12:30+01:00"]]
    assert ask("2026-12-21T10:00+01:00", 120, "2026-12-21T13:00+01:00", pauses=twice)["elapsed_minutes"] == 90


def test_while_a_pause_is_open_nobody_knows_when_it_is_due():
    answer = ask("2026-12-21T10:00+01:00", 30, "2026-12-23T10:00+01:00", pauses=[["2026-12-21T10:20+01:00", None]])
    assert answer == {"due_at": None, "elapsed_minutes": 20, "remaining_minutes": 10, "breached": False}


def test_it_is_broken_after_the_due_time_not_at_it():
    at, after = (ask("2026-12-21T10:00+01:00", 60, f"2026-12-21T11:00:{second}+01:00") for second in ("00", "01"))
    assert (at["breached"], after["breached"]) == (False, True)
    assert ask("2026-12-21T10:00+01:00", 60, "2026-12-21T12:00+01:00")["remaining_minutes"] == -60


def test_before_it_starts_nothing_is_used():
    assert ask("2026-12-21T10:00+01:00", 60, "2026-12-20T10:00+01:00")["elapsed_minutes"] == 0


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"hours": {}}, "hours", "no working hours"),
        ({"hours": {"mon": []}}, "hours", "no working hours"),
        ({"hours": {"mon": [["17:00", "09:00"]]}}, "hours.mon[0]", "over midnight"),
        ({"hours": {"mon": [["9:00", "17:00"]]}}, "hours.mon[0][0]", "like 09:00"),
        ({"hours": {"mon": [["09:00", "24:01"]]}}, "hours.mon[0][1]", "24:00"),
        ({"hours": {"mon": ["09:00"]}}, "hours.mon[0]", "a pair"),
        ({"hours": {"monday": []}}, "hours.monday", "Unknown field"),
        ({"zone": "Mars/Olympus"}, "zone", "no time zone"),
        ({"zone": None}, "zone", "This must be text"),
        ({"holidays": ["2026-02-30"]}, "holidays[0]", "a date like"),
        ({"started_at": "2026-12-21T10:00"}, "started_at", "offset"),
        ({"started_at": "0001-01-01T00:00Z"}, "started_at", "years"),
        ({"now": None}, "now", "an instant like"),
        ({"target_minutes": -1}, "target_minutes", "whole number"),
        ({"target_minutes": "60"}, "target_minutes", "whole number"),
        ({"target_minutes": True}, "target_minutes", "whole number"),
        ({"pauses": [[None, "2026-12-21T10:00Z"]]}, "pauses[0][0]", "only its end"),
        ({"pauses": [["2026-12-21T10:00Z", "2026-12-20T10:00Z"]]}, "pauses[0]", "before it begins"),
        ({"due": 5}, "due", "Unknown field"),
        ({"hours": {"mon": [["09:00", "09:01"]]}, "target_minutes": 1_000_000}, "target_minutes", "hundred years"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(change, field, words):
    refused = ask("2026-12-21T10:00+01:00", 60, "2026-12-21T10:00+01:00", **change)
    assert refused["field"] == field
    assert words in refused["error"]


def test_a_list_is_answered_in_its_order_and_a_refusal_stands_in_its_place():
    good = {"zone": "UTC", "hours": OFFICE, "started_at": "2026-12-21T10:00Z", "target_minutes": 1,
            "now": "2026-12-21T10:00Z"}  # fmt: skip
    first, second = compute_json([{**good, "zone": ""}, good])
    assert first["field"] == "zone"
    assert second["due_at"] == "2026-12-21T10:01:00+00:00"


@pytest.mark.parametrize("seed", range(3))
def test_it_agrees_with_walking_every_minute(seed):
    rng = random.Random(seed)
    for _ in range(20):
        asked = sla_chance.clock(rng)
        assert differences(asked) == [], asked


def differences(asked: dict[str, Any]) -> list[str]:
    got, expected = compute_json(asked), walker.answer(asked)
    assert isinstance(got, dict)
    got["due_at"] = got["due_at"] and walker.utc(got["due_at"])
    return [f"{name}: {got.get(name)} is not {value}" for name, value in expected.items() if got.get(name) != value]
