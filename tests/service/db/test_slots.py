"""Due slots as rows: planned once, claimed once, in order, made up for, and shown when they fail."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.db import slots
from app.db.base import session
from app.db.rules_slots import Daily
from app.db.slots import Slot, SlotClaim, SlotLost, SlotState
from app.db.unit_of_work import unit_of_work

BERLIN = ZoneInfo("Europe/Berlin")
SEVEN, NINE = Daily(time(7)), Daily(time(9))
WEEK = timedelta(days=7)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def plan(now, schedule=SEVEN, *, since=LONG_AGO, look_back=WEEK, job="mis"):
    with unit_of_work():
        return slots.plan_slots(job, schedule, BERLIN, since=since, look_back=look_back, now=now)


def claim(now, owner="w1", jobs=("mis", "other")):
    with unit_of_work():
        return slots.claim_slot(jobs, owner=owner, now=now)


def finish(claimed, now, **outcome: object):
    with unit_of_work():
        slots.finish_slot(slots.lock_slot(claimed), outcome, now=now)


def fail(claimed, now, reason="broken"):
    with unit_of_work():
        return slots.fail_slot(claimed, reason, now=now).state


def rows():
    return list(session().scalars(select(Slot).order_by(Slot.due_at)))


def states():
    return {slot.local_time: slot.state for slot in rows()}


@pytest.fixture
def past(app, now):
    """Three days on which nothing ran, then today's run, and tomorrow's planned."""
    plan(now, look_back=timedelta(days=3, hours=6))
    return now


def test_missed_runs_are_planned_with_the_next_one(app, now):
    assert plan(now, look_back=timedelta(days=3)) == 4
    assert list(states()) == ["2026-11-20T07:00", "2026-11-21T07:00", "2026-11-22T07:00", "2026-11-23T07:00"]


def test_planning_again_adds_nothing(past):
    before = states()
    for minutes in range(0, 60, 10):
        assert plan(past + timedelta(minutes=minutes), look_back=timedelta(days=3, hours=6)) == 0
    assert states() == before


def test_nothing_is_due_before_the_company_was_there(app, now):
    plan(now, since=now - timedelta(days=1))
    assert list(states()) == ["2026-11-22T07:00", "2026-11-23T07:00"]


def test_a_later_time_of_day_moves_the_next_run_and_makes_no_second_one_today(app, now):
    eight = now - timedelta(hours=2)  # 08:00 in Berlin: today's run is done
    plan(eight, since=eight - timedelta(hours=6))
    finish(claim(eight), eight)
    plan(eight, NINE, since=eight - timedelta(hours=6))
    plan(now + timedelta(hours=1), NINE, since=eight - timedelta(hours=6))
    assert states() == {"2026-11-22T07:00": SlotState.DONE, "2026-11-23T09:00": SlotState.DUE}


def test_an_earlier_time_of_day_makes_todays_run_due_at_once(app, now):
    eight = now - timedelta(hours=2)
    plan(eight, NINE, since=eight - timedelta(hours=6))
    assert list(states()) == ["2026-11-22T09:00"]
    plan(eight, SEVEN, since=eight - timedelta(hours=6))
    assert list(states()) == ["2026-11-22T07:00", "2026-11-23T07:00"]
    assert claim(eight).local_time == "2026-11-22T07:00"


def test_skipped_runs_are_not_run(app, now):
    with unit_of_work():
        slots.skip_slots("mis", SEVEN, BERLIN, look_back=WEEK, now=now)
    plan(now)
    assert claim(now) is None
    assert set(states().values()) == {SlotState.SKIPPED, SlotState.DUE}


def test_missed_runs_are_claimed_in_order_one_at_a_time(past):
    taken = []
    while (claimed := claim(past)) is not None:
        assert claim(past, "w2") is None
        taken.append(claimed.local_time)
        finish(claimed, past, number=len(taken))
    assert taken == ["2026-11-19T07:00", "2026-11-20T07:00", "2026-11-21T07:00", "2026-11-22T07:00"]
    assert [slot.outcome for slot in rows()] == [{"number": number} for number in range(1, 5)] + [None]


def test_jobs_do_not_wait_for_each_other(past):
    plan(past, job="other", look_back=timedelta(hours=6))
    first, second = claim(past), claim(past)
    assert {first.job, second.job} == {"mis", "other"}


def test_a_job_nobody_knows_is_left_alone(past):
    assert claim(past, jobs=("unknown",)) is None


def test_a_failure_is_shown_waits_and_holds_the_later_runs_back(past):
    assert fail(claim(past), past, "the mail server is down") == SlotState.DUE
    first = rows()[0]
    assert (first.error, first.next_attempt_at) == ("the mail server is down", past + timedelta(minutes=1))
    assert claim(past) is None
    assert claim(past + timedelta(minutes=1)).local_time == "2026-11-19T07:00"


def test_a_run_that_keeps_failing_is_left_to_a_person_and_the_others_go_on(past):
    at, tries = past, 0
    while rows()[0].state != SlotState.FAILED:
        at = max(at, rows()[0].next_attempt_at or at)
        fail(claim(at), at)
        tries += 1
    assert tries == 5
    assert claim(at).local_time == "2026-11-20T07:00"
    with unit_of_work():
        slots.repeat_slot("mis", "2026-11-19T07:00", now=at)
    assert rows()[0].state == SlotState.DUE


def test_a_worker_that_went_silent_loses_its_run_after_the_lease(past):
    late = claim(past, "late")
    assert claim(past + timedelta(minutes=9), "second") is None
    second = claim(past + timedelta(minutes=11), "second")
    assert (second.local_time, second.attempt) == (late.local_time, 2)
    with pytest.raises(SlotLost):
        finish(late, past + timedelta(minutes=12))
    with pytest.raises(SlotLost):
        fail(late, past + timedelta(minutes=12))
    finish(second, past + timedelta(minutes=12))


def test_a_run_that_kills_every_worker_is_given_up(past):
    at = past
    for _ in range(5):
        assert claim(at).local_time == "2026-11-19T07:00"
        at += timedelta(minutes=11)
    assert claim(at).local_time == "2026-11-20T07:00"
    assert (rows()[0].state, rows()[0].error) == (SlotState.FAILED, "The worker stopped 5 times during this run.")


def test_what_a_run_wrote_and_its_end_are_one(past):
    claimed = claim(past)

    def work_and_die():
        with unit_of_work():
            slot = slots.lock_slot(claimed)
            slots.beat("the work", started_at=past, now=past)
            slots.finish_slot(slot, {}, now=past)
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        work_and_die()
    assert slots.list_beats() == []
    assert rows()[0].state == SlotState.CLAIMED


def test_a_run_can_only_be_finished_by_its_claim(past):
    claimed = claim(past)
    with pytest.raises(SlotLost):
        finish(SlotClaim(claimed.job, claimed.local_time, claimed.attempt + 1), past)


def test_heartbeats_say_who_is_alive_and_forget_the_silent(app, now):
    for owner, age in (("a", 2), ("b", 0)):
        with unit_of_work():
            slots.beat(owner, started_at=now - timedelta(hours=30), now=now - timedelta(days=age))
    with unit_of_work():
        slots.beat("b", started_at=now, now=now + timedelta(minutes=1))
    assert [(beat.owner, beat.beat_at) for beat in slots.list_beats()] == [("b", now + timedelta(minutes=1))]
