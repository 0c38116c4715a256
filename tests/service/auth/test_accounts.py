"""The accounts library's views on both engines: what they write is one unit of work, whole or not at all."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.auth.models import User, UserSession
from app.db.base import session
from app.outbox.models import Message
from tests.factories import PASSWORD, make_user, send_csrf_token, sign_in

ADA = "ada@tillpaid.test"
NEW = "quiet rivers carry boats"


@pytest.fixture
def ada(client):
    send_csrf_token(client)
    return make_user(client.application, "clerk", email=ADA)


def read(client, statement):
    with client.application.app_context():
        return list(session().scalars(statement))


def trail(client):
    return read(client, select(AuditEntry.action).where(AuditEntry.object_kind == "user").order_by(AuditEntry.id))


def test_signing_in_and_out_is_whole(client, ada):
    assert client.post("/login", data={"email": ADA, "password": PASSWORD}).status_code == 302
    (row,) = read(client, select(UserSession))
    assert row.ended_at is None
    assert read(client, select(User.last_sign_in_at).where(User.id == ada)) == [row.created_at]
    send_csrf_token(client)
    assert client.post("/logout").status_code == 302
    assert read(client, select(UserSession.ended_by)) == [f"user:{ada}"]
    assert trail(client) == ["user.signed_in", "user.signed_out"]


def test_a_reset_by_mail_is_whole(client, ada):
    client.post("/reset-password", data={"email": ADA})
    (mail,) = read(client, select(Message))
    link = re.search(r"http://tillpaid\.test(/reset-password/\S+)", mail.body_text).group(1)
    answer = client.post(link, data={"password": NEW, "password_confirm": NEW})
    assert answer.location == "/login"
    assert trail(client) == ["user.password_changed"]
    assert read(client, select(Message.kind).order_by(Message.id)) == ["password_reset", "password_changed"]


def test_a_change_is_whole_or_not_at_all(client, ada, monkeypatch):
    sign_in(client, user_id=ada)
    form = {"password": PASSWORD, "new_password": NEW, "new_password_confirm": NEW}
    before = read(client, select(User.fs_uniquifier))

    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("no trail")

    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    with monkeypatch.context() as patch:
        patch.setattr("app.auth.accounts.record", broken)
        assert client.post("/change-password", data=form).status_code == 500
    assert read(client, select(User.fs_uniquifier)) == before
    assert read(client, select(Message)) == []
    sign_in(client, user_id=ada)
    assert client.post("/change-password", data=form).location == "/me"
    assert read(client, select(User.fs_uniquifier)) != before
    assert client.get("/me").status_code == 200


def test_attempts_that_are_refused_stay_counted(client, ada):
    statuses = [client.post("/login", data={"email": ADA, "password": "x"}).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
