"""Attempts are counted in a sliding minute; sessions end by idleness and by age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.auth.rules_sign_in import IDLE_LIMIT, LIFE_LIMIT, WINDOW, count_attempt, is_alive

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
seconds = st.integers(min_value=0, max_value=600)


def after(number):
    return NOON + timedelta(seconds=number)


def test_five_in_a_minute_are_allowed_and_the_sixth_waits_for_the_first_to_age():
    past = []
    for number in range(5):
        past, wait = count_attempt(past, after(number), most=5)
        assert wait == 0
    past, wait = count_attempt(past, after(10), most=5)
    assert wait == 50
    assert count_attempt(past, after(59), most=5)[1] == 1
    assert count_attempt(past, after(60), most=5)[1] == 0


def test_a_refused_attempt_does_not_prolong_the_wait():
    past = [after(0)] * 5
    for number in range(1, 59):
        past, wait = count_attempt(past, after(number), most=5)
        assert wait == 60 - number


@given(st.lists(seconds, min_size=1, max_size=80), st.integers(min_value=1, max_value=8))
def test_no_minute_ever_holds_more_than_allowed(instants, most):
    past, allowed = [], []
    for number in sorted(instants):
        past, wait = count_attempt(past, after(number), most=most)
        if wait == 0:
            allowed.append(after(number))
    for start in allowed:
        assert sum(start <= instant < start + WINDOW for instant in allowed) <= most
    assert len(past) <= most


@given(st.lists(seconds, min_size=1, max_size=40))
def test_waiting_as_long_as_told_is_enough(instants):
    past = []
    for number in sorted(instants):
        past, wait = count_attempt(past, after(number), most=3)
        if wait:
            assert count_attempt(past, after(number + wait), most=3)[1] == 0


def test_an_instant_from_the_future_does_not_lock_anybody_out():
    assert count_attempt([after(3600)] * 9, NOON, most=5)[1] == 0


def test_a_session_ends_after_an_idle_hour_or_twelve_hours():
    step = timedelta(seconds=1)
    assert is_alive(NOON, NOON, NOON + IDLE_LIMIT - step)
    assert not is_alive(NOON, NOON, NOON + IDLE_LIMIT)
    seen = NOON + LIFE_LIMIT - step
    assert is_alive(NOON, seen, seen)
    assert not is_alive(NOON, NOON + LIFE_LIMIT, NOON + LIFE_LIMIT)
    assert (timedelta(hours=1), timedelta(hours=12)) == (IDLE_LIMIT, LIFE_LIMIT)
