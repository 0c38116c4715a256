"""The ladder and the forecast: what people may type, who is told, and when a task that waits becomes a risk."""

from datetime import UTC, date, datetime

import pytest

from app.auth.rules import Role
from app.kernel.errors import BadInput
from app.kernel.working_time import WorkingHours, minute_of
from app.tasks.rules_escalation import (
    STANDARD_LADDER,
    Colleague,
    Level,
    Place,
    Who,
    choose_receivers,
    plan_steps,
    read_ladder,
)
from app.tasks.rules_forecast import risk_of_waiting
from app.tasks.rules_sla import Sla

OFFICE = WorkingHours("Europe/Berlin", (((540, 1020),),) * 5 + ((), ()))
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in Berlin


def test_levels_are_read_in_order_and_empty_ones_dropped():
    assert read_ladder([("75 %", "owner"), ("", "manager"), ("100", "team_lead")]) == (
        Level(1, 75, Who.OWNER), Level(2, 100, Who.TEAM_LEAD),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shares", "field"),
    [
        (["", ""], "levels[0].share"),
        (["0"], "levels[0].share"),
        (["75", "1001"], "levels[1].share"),
        (["75", "75"], "levels[1].share"),
        (["75", "-5"], "levels[1].share"),
        (["half"], "levels[0].share"),
        (["٧٥"], "levels[0].share"),
    ],
)
def test_what_is_no_ladder_is_refused_at_its_field(shares, field):
    with pytest.raises(BadInput) as refusal:
        read_ladder([(share, "owner") for share in shares])
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("target", "hours"),
    [(240, [11, 12, 14]), (1, [8 + 1 / 60, 8 + 1 / 60, 8 + 2 / 60])],  # shares of a minute count as one
)
def test_each_level_is_reached_with_its_share_of_the_target(target, hours):
    planned = plan_steps(Sla(OFFICE, minute_of(MONDAY), target), STANDARD_LADDER)
    assert [round(due.hour + due.minute / 60, 4) for due in planned.values()] == [round(hour, 4) for hour in hours]


def test_a_calendar_nobody_works_by_plans_nothing():
    assert plan_steps(Sla(WorkingHours("UTC", ((),) * 7), minute_of(MONDAY), 5), STANDARD_LADDER) == {}


def who(name: str, role: Role = Role.MEMBER, department: str | None = "qa") -> Colleague:
    return Colleague(sum(map(ord, name)), name, f"{name}@tillpaid.test", role, department)


ANN, BOB = who("ann"), who("bob")
LEA, OUT = who("lea", Role.FINANCE, "finance"), who("out", Role.MEMBER, "finance")
MIA, ADA = who("mia", Role.MANAGER, None), who("ada", Role.ADMIN, None)


@pytest.mark.parametrize(
    ("level", "assignee", "lead", "people", "told"),
    [
        (Who.OWNER, ANN, LEA, (ANN, BOB, LEA, MIA), [ANN]),
        (Who.OWNER, None, LEA, (ANN, BOB, LEA, MIA), [ANN, BOB]),
        (Who.OWNER, OUT, LEA, (ANN, OUT, LEA, MIA), [OUT]),  # their own task is in their sight
        (Who.OWNER, None, LEA, (LEA, MIA), [LEA]),
        (Who.TEAM_LEAD, ANN, LEA, (ANN, LEA, MIA), [LEA]),
        (Who.TEAM_LEAD, ANN, OUT, (ANN, OUT, MIA), [MIA]),  # a lead who may not see the task
        (Who.TEAM_LEAD, ANN, None, (ANN, MIA, ADA), [MIA]),
        (Who.MANAGER, ANN, LEA, (ANN, LEA, ADA), [ADA]),
        (Who.MANAGER, ANN, LEA, (ANN, BOB), []),
    ],
)
def test_the_next_in_line_is_told_where_somebody_is_missing(level, assignee, lead, people, told):
    place = Place("qa", assignee.id if assignee else None, lead.id if lead else None)
    assert list(choose_receivers(level, place, people)) == told


@pytest.mark.parametrize(
    ("minutes", "before", "risk"),
    [
        (480, date(2026, 11, 26), datetime(2026, 11, 27, 8, tzinfo=UTC)),  # a day's work, due on Friday
        (960, date(2026, 11, 26), datetime(2026, 11, 26, 8, tzinfo=UTC)),
        (961, date(2026, 11, 26), MONDAY),  # the plan leaves a minute too little
        (480, datetime(2026, 11, 27, 9, tzinfo=UTC), MONDAY),  # the clock of the task before it says Friday at ten
        (60_000_000, date(2026, 11, 23), MONDAY),
    ],
)
def test_a_task_that_waits_is_at_risk_when_it_would_have_to_begin(minutes, before, risk):
    found = risk_of_waiting(OFFICE, minutes, known_at=MONDAY, starts=[before], order_due=date(2026, 11, 27))
    assert found == risk
