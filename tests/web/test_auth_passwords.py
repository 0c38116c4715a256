"""Changing one's password, and choosing a new one by a link in a mail."""

from __future__ import annotations

import re
from statistics import median
from time import perf_counter

import pytest
from sqlalchemy import select

from app.auth.models import User
from app.db.base import session
from app.outbox.models import Message
from tests.factories import PASSWORD, make_user, send_csrf_token, sign_in

ADA = "ada@tillpaid.test"
NEW = "quiet rivers carry boats"


@pytest.fixture
def ada(client):
    send_csrf_token(client)
    return make_user(client.application, "clerk", email=ADA, name="Ada Byron")


def ask(client, email=ADA, **more):
    return client.post("/reset-password", data={"email": email}, **more)


def read_mails(client):
    with client.application.app_context():
        return list(session().scalars(select(Message).order_by(Message.id)))


def read_link(client):
    return re.search(r"http://tillpaid\.test(/reset-password/\S+)", read_mails(client)[-1].body_text).group(1)


def choose(client, link, password=NEW, again=None):
    return client.post(link, data={"password": password, "password_confirm": again or password})


def works(client, password, email=ADA):
    browser = client.application.test_client()
    send_csrf_token(browser)
    return browser.post("/login", data={"email": email, "password": password}).status_code == 302


def test_a_link_comes_by_mail_and_works_once(client, ada):
    assert "a mail is on its way" in ask(client).text
    mail = read_mails(client)[0]
    assert (mail.kind, mail.recipient, mail.object_kind, mail.object_id) == ("password_reset", ADA, "user", ada)
    link = read_link(client)
    assert choose(client, link).location == "/login"
    assert works(client, NEW)
    assert not works(client, PASSWORD)
    again = choose(client, link, "another fine phrase here")
    assert again.location == "/reset-password"
    assert works(client, NEW)


def test_the_answer_is_the_same_for_an_unknown_address(client, ada):
    known, unknown = ask(client).text, ask(client, "eve@tillpaid.test").text
    plain = [re.sub(r'value="[^"]*"', "", page) for page in (known, unknown)]
    assert plain[0] == plain[1]
    assert "a mail is on its way" in known
    assert len(read_mails(client)) == 1


def test_an_unknown_address_takes_as_long_as_a_known_one(client, ada, monkeypatch):
    monkeypatch.setattr("app.auth.services_sessions.MOST_PER_ACCOUNT", 10_000)
    monkeypatch.setattr("app.auth.services_sessions.MOST_PER_ADDRESS", 10_000)
    times = {ADA: [], "eve@tillpaid.test": []}
    for _ in range(9):
        for email, taken in times.items():
            began = perf_counter()
            ask(client, email)
            taken.append(perf_counter() - began)
    known, unknown = (median(taken) for taken in times.values())
    assert abs(known - unknown) < 0.5 * max(known, unknown), (known, unknown)


def test_a_disabled_account_gets_no_mail(client, ada):
    admin = client.application.test_client()
    sign_in(admin, "admin")
    admin.post(f"/settings/users/{ada}/disable")
    assert "a mail is on its way" in ask(client).text
    assert read_mails(client) == []


def test_asking_is_throttled(client, ada):
    assert [ask(client).status_code for _ in range(6)] == [200] * 5 + [429]
    assert len(read_mails(client)) == 5


@pytest.mark.parametrize(
    "host", ["evil.example", "tillpaid.test.evil.example", "evil.example:80", "localhost@evil.example"]
)
def test_no_header_of_a_request_reaches_the_link(client, ada, host):
    forwarded = {"X-Forwarded-Host": host, "X-Forwarded-Proto": "https", "Forwarded": f"host={host}", "X-Host": host}
    ask(client, headers=forwarded)
    assert "evil" not in read_mails(client)[0].body_text
    assert "http://tillpaid.test/reset-password/" in read_mails(client)[0].body_text
    assert ask(client, headers={"Host": host}).status_code == 400
    assert len(read_mails(client)) == 1


def test_a_changed_link_is_refused(client, ada):
    ask(client)
    link = read_link(client)
    for place in range(len("/reset-password/"), len(link), 7):
        wrong = link[:place] + ("A" if link[place] != "A" else "B") + link[place + 1 :]
        assert choose(client, wrong).location == "/reset-password"
    assert works(client, PASSWORD)


def test_a_link_ends_after_an_hour(client, ada, monkeypatch):
    ask(client)
    link = read_link(client)
    import itsdangerous.timed

    real = itsdangerous.timed.TimestampSigner.get_timestamp
    monkeypatch.setattr(itsdangerous.timed.TimestampSigner, "get_timestamp", lambda self: real(self) + 3601)
    assert choose(client, link).location == "/reset-password"
    assert "older than an hour" in client.get("/reset-password").text
    assert works(client, PASSWORD)


@pytest.mark.parametrize(
    ("password", "again", "reason"),
    [
        ("short", None, "at least 12"),
        ("password1234", None, "first that are guessed"),
        ("ada-byron-1815", None, "your name"),
        (NEW, NEW + "x", "not the same"),
        ("", None, "Type a password"),
    ],
)
def test_a_weak_or_mistyped_password_is_refused(client, ada, password, again, reason):
    ask(client)
    answer = choose(client, read_link(client), password, again)
    assert answer.status_code == 422
    assert reason in answer.text
    assert works(client, PASSWORD)


def test_a_new_password_by_link_signs_out_everywhere_and_is_told_by_mail(client, ada):
    thief = client.application.test_client()
    sign_in(thief, user_id=ada)
    ask(client)
    choose(client, read_link(client))
    assert thief.get("/me").location.startswith("/login")
    assert read_mails(client)[-1].kind == "password_changed"


# --- one's own password ---------------------------------------------------------------------------------------------


def change(client, present=PASSWORD, new=NEW, again=None):
    return client.post(
        "/change-password", data={"password": present, "new_password": new, "new_password_confirm": again or new}
    )


def test_ones_own_password_is_changed_and_only_this_browser_stays_signed_in(client, ada):
    other = client.application.test_client()
    sign_in(other, user_id=ada)
    sign_in(client, user_id=ada)
    with client.session_transaction() as cookie:
        before = cookie["sid"]
    assert change(client).location == "/me"
    with client.session_transaction() as cookie:
        assert cookie["sid"] != before
    assert client.get("/me").status_code == 200
    assert other.get("/me").location.startswith("/login")
    assert works(client, NEW)
    assert not works(client, PASSWORD)
    assert read_mails(client)[-1].kind == "password_changed"


@pytest.mark.parametrize(
    ("present", "new", "again", "reason"),
    [
        ("not the present one", NEW, None, "not your present password"),
        ("", NEW, None, "Type a password"),
        (PASSWORD, PASSWORD, None, "other than the present"),
        (PASSWORD, "short", None, "at least 12"),
        (PASSWORD, NEW, "something else", "not the same"),
    ],
)
def test_a_change_that_cannot_be_is_refused(client, ada, present, new, again, reason):
    sign_in(client, user_id=ada)
    answer = change(client, present, new, again)
    assert answer.status_code == 422
    assert reason in answer.text
    assert works(client, PASSWORD)


def test_guessing_the_present_password_is_throttled(client, ada):
    sign_in(client, user_id=ada)
    assert [change(client, "guess").status_code for _ in range(6)] == [422] * 5 + [429]


def test_a_stranger_cannot_change_a_password(client, ada):
    assert client.get("/change-password").location.startswith("/login")
    assert change(client).location.startswith("/login")


def test_nothing_is_left_half_done_when_the_mail_cannot_be_queued(client, ada, monkeypatch):
    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("no outbox")

    sign_in(client, user_id=ada)
    monkeypatch.setattr("app.auth.accounts_parts.enqueue", broken)
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    assert change(client).status_code == 500
    assert works(client, PASSWORD)
    with client.application.app_context():
        assert session().get_one(User, ada).email == ADA


# --- one's own account ----------------------------------------------------------------------------------------------


def test_ones_own_name_is_changed_and_nothing_else(client):
    own = sign_in(client, "member")
    assert client.post("/me", data={"name": " Ada ", "role": "admin", "email": "x@y.test"}).location == "/me"
    with client.application.app_context():
        user = session().get_one(User, own)
        assert (user.name, user.role.value) == ("Ada", "member")


def test_one_sees_where_one_is_signed_in_and_signs_out_there(client, ada):
    other = client.application.test_client()
    sign_in(other, user_id=ada)
    sign_in(client, user_id=ada)
    page = client.get("/me").text
    (end,) = re.findall(r'action="(/me/sessions/\d+/end)"', page)
    assert client.post(end).location == "/me"
    assert other.get("/me").location.startswith("/login")
    assert client.get("/me").status_code == 200


def test_one_signs_out_everywhere_else(client, ada):
    others = [client.application.test_client() for _ in range(3)]
    for other in others:
        sign_in(other, user_id=ada)
    sign_in(client, user_id=ada)
    client.post("/me/sessions/end-others")
    assert all(other.get("/me").location.startswith("/login") for other in others)
    assert client.get("/me").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(client, ada):
    other = client.application.test_client()
    sign_in(other, user_id=ada)
    sign_in(client, "admin")
    assert client.post("/me/sessions/1/end").status_code == 404
    assert other.get("/me").status_code == 200
