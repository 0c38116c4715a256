"""Signing in and out, as a browser without JavaScript does it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

import pytest
from sqlalchemy import select, update

from app.auth.models import User, UserSession
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from tests.factories import PASSWORD, make_user, send_csrf_token, sign_in

ADA = "ada@tillpaid.test"
WRONG = "not it at all"


@pytest.fixture
def ada(client):
    send_csrf_token(client)
    return make_user(client.application, "clerk", email=ADA)


def post(client, password=PASSWORD, email=ADA, **more):
    return client.post("/login", data={"email": email, "password": password, **more})


def sent_token(client):
    with client.session_transaction() as cookie:
        return cookie.get("sid")


def sign_out(client):
    """With the token of the page one is on, and then the sign-in page with a token of its own."""
    send_csrf_token(client)
    assert client.post("/logout").location == "/login"
    send_csrf_token(client)


def read_sessions(client):
    with client.application.app_context():
        return [(row.user_id, row.ended_at is None) for row in session().scalars(select(UserSession))]


def test_the_right_password_signs_in(client, ada):
    answer = post(client, email="ADA@tillpaid.test ")
    assert (answer.status_code, answer.location) == (302, "/views/start")
    assert client.get("/me").status_code == 200


def test_a_page_that_was_asked_for_is_shown_after_signing_in(client, ada):
    answer = client.get("/me?x=1&y=ü")
    assert answer.location == "/login?next=/me?x%3D1%26y%3D%C3%BC"
    page = client.get(answer.location).text
    action = re.search(r'action="([^"]+)"', page).group(1).replace("&amp;", "&")
    answer = client.post(action, data={"email": ADA, "password": PASSWORD})
    assert answer.location == "/me?x=1&y=%C3%BC"


def test_a_wrong_password_says_the_same_as_an_unknown_address_or_a_disabled_account(client, ada):
    make_user(client.application, "admin", email="off@tillpaid.test")
    with client.application.app_context(), unit_of_work() as current:
        current.execute(update(User).where(User.email == "off@tillpaid.test").values(active=False))
    answers = [
        post(client, WRONG),
        post(client, WRONG, "eve@tillpaid.test"),
        post(client, PASSWORD, "off@tillpaid.test"),
    ]
    assert [answer.status_code for answer in answers] == [422, 422, 422]
    plain = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
    assert len(plain) == 1
    assert "do not belong together" in plain.pop()


def test_an_unknown_address_takes_as_long_as_a_wrong_password(client, ada, monkeypatch):
    monkeypatch.setattr("app.auth.services_sessions.MOST_PER_ACCOUNT", 10_000)
    monkeypatch.setattr("app.auth.services_sessions.MOST_PER_ADDRESS", 10_000)
    times = {ADA: [], "eve@tillpaid.test": []}
    for _ in range(15):
        for email, taken in times.items():
            began = perf_counter()
            post(client, WRONG, email)
            taken.append(perf_counter() - began)
    known, unknown = (median(taken) for taken in times.values())
    assert abs(known - unknown) < 0.5 * max(known, unknown), (known, unknown)


def test_the_password_is_never_shown_again_or_logged(client, ada, capfd):
    answer = post(client, "hunter2-hunter2-hunter2")
    assert "hunter2" not in answer.text
    logged = capfd.readouterr().err
    assert "hunter2" not in logged
    assert "ada" not in logged


def test_every_sign_in_makes_a_new_session_and_drops_what_the_cookie_held(client, ada):
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
        cookie["sid"] = "fixed-in-advance"
    post(client)
    first = sent_token(client)
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
    assert first != "fixed-in-advance"
    sign_out(client)
    post(client)
    assert sent_token(client) != first


def test_signing_out_ends_the_session_on_the_server(client, ada):
    post(client)
    copied = client.get_cookie("session").value
    send_csrf_token(client)
    answer = client.post("/logout")
    assert answer.location == "/login"
    assert read_sessions(client) == [(ada, False)]
    thief = client.application.test_client()
    thief.set_cookie("session", copied, domain="localhost")
    assert thief.get("/me").location.startswith("/login")


def test_signing_out_by_get_is_not_possible(client, ada):
    post(client)
    assert client.get("/logout").status_code == 405
    assert client.get("/me").status_code == 200


def test_a_cookie_without_a_session_row_is_worth_nothing(client):
    user_id = sign_in(client, "admin")
    with client.application.app_context(), unit_of_work() as current:
        current.execute(update(UserSession).where(UserSession.user_id == user_id).values(token_digest="gone"))
    assert client.get("/me").location.startswith("/login")


@pytest.mark.parametrize(("idle", "age", "alive"), [(59, 59, True), (61, 61, False), (1, 719, True), (1, 721, False)])
def test_a_session_ends_by_idleness_and_by_age(client, idle, age, alive):
    user_id = sign_in(client, "clerk")
    now = datetime.now(UTC)
    with client.application.app_context(), unit_of_work() as current:
        values = {"last_seen_at": now - timedelta(minutes=idle), "created_at": now - timedelta(minutes=age)}
        current.execute(update(UserSession).where(UserSession.user_id == user_id).values(**values))
    assert (client.get("/me").status_code == 200) is alive


def test_use_keeps_a_session_alive(client):
    sign_in(client, "clerk")
    long_ago = datetime.now(UTC) - timedelta(minutes=50)
    with client.application.app_context(), unit_of_work() as current:
        current.execute(update(UserSession).values(last_seen_at=long_ago))
    client.get("/me")
    with client.application.app_context():
        assert session().scalars(select(UserSession.last_seen_at)).one() > long_ago + timedelta(minutes=49)


def test_a_busy_database_does_not_break_the_page(client, monkeypatch):
    from sqlalchemy.exc import OperationalError

    def busy(*_args: object, **_more: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    sign_in(client, "clerk")
    with client.application.app_context(), unit_of_work() as current:
        current.execute(update(UserSession).values(last_seen_at=datetime.now(UTC) - timedelta(minutes=5)))
    monkeypatch.setattr("app.auth.identity.mark_seen", busy)
    assert client.get("/me").status_code == 200


# --- the throttle ---------------------------------------------------------------------------------------------------


def test_the_sixth_attempt_within_a_minute_is_refused_even_with_the_right_password(client, ada):
    assert [post(client, WRONG).status_code for _ in range(5)] == [422] * 5
    answer = post(client)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert re.search(r"Wait \d+ seconds", answer.text)
    assert read_sessions(client) == []


def test_other_accounts_are_not_held_up(client, ada):
    make_user(client.application, "clerk", email="bob@tillpaid.test")
    for _ in range(6):
        post(client, WRONG)
    assert post(client, email="bob@tillpaid.test").status_code == 302


def test_an_address_that_tries_many_accounts_is_held_up(client, ada):
    for number in range(30):
        post(client, WRONG, f"user{number}@tillpaid.test")
    assert post(client).status_code == 429


def test_a_success_starts_the_account_afresh(client, ada):
    for _ in range(4):
        post(client, WRONG)
    post(client)
    sign_out(client)
    assert [post(client, WRONG).status_code for _ in range(5)] == [422] * 5


def test_a_refused_attempt_without_the_token_counts_nothing(client, ada):
    for _ in range(8):
        client.post("/login", data={"email": ADA, "password": WRONG}, headers={"X-CSRFToken": ""})
    assert post(client).status_code == 302


@pytest.mark.parametrize("body", [{}, {"email": ADA}, {"password": PASSWORD}, {"email": "no address", "password": "x"}])
def test_an_unfinished_form_is_shown_again(client, ada, body):
    assert client.post("/login", data=body).status_code == 422


def test_a_huge_password_is_not_hashed(client, ada, monkeypatch):
    monkeypatch.setattr("flask_security.forms.hash_password", lambda _password: pytest.fail("hashed"))
    assert post(client, "x" * 100_000).status_code == 422


# --- where one lands ------------------------------------------------------------------------------------------------

FOREIGN = [
    "https://evil.example/", "//evil.example", "///evil.example", "////evil.example",
    "/\\evil.example", "\\/evil.example",
    "\\\\evil.example", "http:evil.example", "http:/evil.example", "https:///evil.example", "javascript:alert(1)",
    "data:text/html,x", "/%09/evil.example", "/\t/evil.example", "/\n/evil.example", "//evil.example/%2f..", "/\x00",
    "http://localhost@evil.example", "http://localhost.evil.example", "//localhost:80@evil.example", "evil.example",
    "/nowhere", "/static/../../etc", "mailto:x@evil.example", "///\\;@evil.example",
    "/;@evil.example/x", "?next=//evil",
    "/logout", "http://localhost/me", "/\u2028/evil", " //evil.example", "%2f%2fevil.example", "/.evil.example", "me",
]  # fmt: skip


@pytest.mark.parametrize("wanted", FOREIGN)
def test_nobody_is_sent_off_our_pages(client, ada, wanted):
    shown = client.get("/login", query_string={"next": wanted})
    assert shown.status_code in {302, 400}
    assert shown.location in {None, "/login"}
    answer = client.post("/login", query_string={"next": wanted}, data={"email": ADA, "password": PASSWORD})
    assert answer.status_code == 400
    answer = post(client, next=wanted)
    assert answer.status_code == 400
    assert read_sessions(client) == []


def test_who_is_signed_in_already_is_sent_to_the_first_page(client):
    sign_in(client, "clerk")
    assert client.get("/login").location == "/views/start"


def test_a_fragment_of_a_page_moves_the_whole_page_to_the_sign_in(client, ada):
    answer = client.get("/me", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login")
