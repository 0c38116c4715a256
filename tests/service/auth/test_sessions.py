"""Sessions live in the database, as digests, and end when they should; attempts are counted there too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.auth import services_sessions as sessions
from app.auth.models import SignInThrottle, UserSession
from app.auth.queries import find_live_session, get_user, list_live_sessions
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import NotFound
from tests.factories import make_user
from tests.service.auth.test_people import run_together

MINUTE = timedelta(minutes=1)


def begin(app, now, user_id=None, device="Firefox"):
    user_id = user_id or make_user(app, "clerk")
    with unit_of_work():
        token = sessions.begin_session(get_user(user_id), address="203.0.113.7", device=device, via="password", now=now)
    return user_id, token


def find(token, now):
    return find_live_session(sessions.digest(token), now)


def test_a_session_is_found_by_its_token_and_keeps_only_digests(app, now):
    user_id, token = begin(app, now)
    found = find(token, now)
    assert found.user.id == user_id
    assert token not in (found.token_digest, found.address_digest)
    assert "203.0.113.7" not in found.address_digest
    assert find(token + "x", now) is None
    assert find("", now) is None


def test_tokens_are_long_and_never_the_same(app, now):
    user_id, first = begin(app, now)
    _, second = begin(app, now, user_id)
    assert first != second
    assert len(first) >= 43


@pytest.mark.parametrize(("later", "alive"), [(59, True), (60, False)])
def test_an_idle_session_ends_within_the_hour(app, now, later, alive):
    _, token = begin(app, now)
    assert (find(token, now + later * MINUTE) is not None) is alive


def test_a_session_in_use_ends_after_twelve_hours_all_the_same(app, now):
    _, token = begin(app, now)
    for half_hour in range(1, 24):
        at = now + half_hour * 30 * MINUTE
        with unit_of_work():
            sessions.mark_seen(find(token, at).id, now=at)
    assert find(token, now + 12 * 60 * MINUTE - MINUTE) is not None
    assert find(token, now + 12 * 60 * MINUTE) is None


def test_one_session_ends_and_the_others_stay(app, now):
    user_id, first = begin(app, now)
    _, second = begin(app, now, user_id)
    with unit_of_work():
        sessions.end_session(find(first, now).id, user_id=user_id, by="user:1", now=now)
    assert find(first, now) is None
    assert find(second, now) is not None


def test_nobody_ends_the_session_of_somebody_else(app, now):
    _, token = begin(app, now)
    other = make_user(app, "clerk")
    with pytest.raises(NotFound), unit_of_work():
        sessions.end_session(find(token, now).id, user_id=other, by="user:1", now=now)
    assert find(token, now) is not None


def test_all_sessions_end_besides_ones_own(app, now):
    user_id, here = begin(app, now)
    begin(app, now, user_id)
    begin(app, now, user_id)
    with unit_of_work():
        assert sessions.end_all_sessions(user_id, by="user:1", now=now, besides_token=here) == 2
    assert [one.token_digest for one in list_live_sessions(user_id, now)] == [sessions.digest(here)]


def test_the_device_is_shortened(app, now):
    _, token = begin(app, now, device="x" * 1_000)
    assert len(find(token, now).device) == 200


def attempt(now, account="ada", address="203.0.113.7"):
    with unit_of_work():
        return sessions.count_sign_in(account, address, now=now)


def test_the_sixth_attempt_for_an_account_waits(app, now):
    waits = [attempt(now + timedelta(seconds=n), address=f"198.51.100.{n}") for n in range(7)]
    assert waits == [0, 0, 0, 0, 0, 55, 54]
    assert attempt(now + MINUTE, address="198.51.100.9") == 0


def test_the_thirty_first_attempt_from_an_address_waits(app, now):
    assert [attempt(now, account=f"user{n}") for n in range(30)] == [0] * 30
    assert attempt(now, account="another") == 60
    assert attempt(now, account="another", address="198.51.100.1") == 0


def test_a_success_forgives_the_account_and_not_the_address(app, now):
    for _ in range(5):
        attempt(now)
    with unit_of_work():
        sessions.forgive_attempts("ada")
    assert attempt(now) == 0
    assert len(session().get_one(SignInThrottle, f"address:{sessions.digest('203.0.113.7')}").attempts) == 6


def test_attempts_at_once_are_all_counted(app, now):
    results = run_together(app, *(lambda: sessions.count_sign_in("ada", "203.0.113.7", now=now) for _ in range(8)))
    assert sorted(result == 0 for result in results) == [False] * 3 + [True] * 5


def test_old_attempts_are_forgotten(app, now):
    attempt(now)
    attempt(now + 2 * MINUTE, account="bob", address="198.51.100.1")
    with unit_of_work():
        assert sessions.forget_old_attempts(now + 2 * MINUTE) == 2
    assert session().scalar(select(func.count()).select_from(SignInThrottle)) == 2


def test_sessions_are_forgotten_a_month_after_their_last_use(app, now):
    user_id, _ = begin(app, now - timedelta(days=31))
    begin(app, now - timedelta(days=29), user_id)
    with unit_of_work():
        assert sessions.forget_old_sessions(now) == 1
    assert session().scalar(select(func.count()).select_from(UserSession)) == 1


def test_no_address_or_account_is_kept_in_clear(app, now):
    attempt(now, account="sign-in:ada@tillpaid.test")
    begin(app, now)
    kept = " ".join(row.key for row in session().scalars(select(SignInThrottle)))
    kept += " ".join(row.address_digest for row in session().scalars(select(UserSession)))
    assert "ada" not in kept
    assert "203.0.113" not in kept
