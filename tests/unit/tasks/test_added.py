"""Which day and target a task can be given by hand."""

from __future__ import annotations

from datetime import date

import pytest

from app.tasks.rules_added import (
    DueInThePast,
    DueTooFarAhead,
    TargetOutOfRange,
    TargetUnreadable,
    check_due,
    read_target,
    write_target,
)

TODAY = date(2026, 11, 22)
TYPED = {"": None, " 4 ": 240, "1,5 h": 90, "1.5": 90, "90 MIN": 90, "0.25h": 15, "1000": 60_000, "1 min": 1}
REFUSED = {
    TargetUnreadable: ["soon", "-1", "1 d", "1e3", "٣", "1.2.3", "9" * 7],
    TargetOutOfRange: ["0", "0 min", "0.001", "1001", "60001 min"],
}
DAYS = {date(2026, 11, 22): None, date(2029, 11, 24): None, date(2026, 11, 21): DueInThePast, date.max: DueTooFarAhead}


def test_a_target_is_read_as_people_write_it():
    assert {typed: read_target(typed) for typed in TYPED} == TYPED
    assert [read_target(write_target(minutes)) for minutes in (None, 1, 60, 90)] == [None, 1, 60, 90]


def test_a_target_nobody_can_mean_is_refused_at_its_field():
    for kind, texts in REFUSED.items():
        for typed in texts:
            with pytest.raises(kind) as refusal:
                read_target(typed)
            assert refusal.value.field == "target"


def test_a_day_is_today_or_ahead_within_three_years():
    for due_on, kind in DAYS.items():
        if kind is None:
            check_due(due_on, TODAY)
        else:
            with pytest.raises(kind):
                check_due(due_on, TODAY)
