"""While nobody exists, every page leads to the one that makes the first administrator, who must have the machine."""

from __future__ import annotations

import re
import stat

import pytest
from sqlalchemy import select

from app.auth.first_run import FILE_NAME, ensure_setup_code
from app.auth.models import User
from app.db.base import session
from tests.factories import PASSWORD, make_user, send_csrf_token


def code_file(client):
    return client.application.extensions["tillpaid_settings"].instance_dir / FILE_NAME


def fill(client, **changes):
    form = {
        "code": ensure_setup_code(code_file(client).parent),
        "name": "Root",
        "email": "root@tillpaid.test",
        "password": PASSWORD,
        "password_again": PASSWORD,
    }
    send_csrf_token(client)
    return client.post("/first-run", data=form | changes)


def count_users(client):
    with client.application.app_context():
        return len(session().scalars(select(User)).all())


@pytest.mark.parametrize("path", ["/", "/login", "/me", "/orders/", "/settings/users", "/reset-password"])
def test_every_page_leads_to_the_first_run(client, path):
    answer = client.get(path)
    assert answer.location == "/first-run" or answer.status_code in {404, 308}


def test_health_and_static_files_answer_all_the_same(client):
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/static/css/base.css").status_code == 200
    assert client.get("/first-run").status_code == 200


def test_the_first_administrator_is_made_signed_in_and_led_to_the_company(client):
    answer = fill(client)
    assert answer.location.startswith("/settings")
    with client.application.app_context():
        user = session().scalars(select(User)).one()
        assert (user.email, user.role.value, user.name) == ("root@tillpaid.test", "admin", "Root")
    assert client.get("/me").status_code == 200
    assert not code_file(client).exists()


def test_the_code_is_readable_by_the_owner_alone_and_stays_the_same(client):
    client.get("/first-run")
    code = code_file(client).read_text()
    assert stat.S_IMODE(code_file(client).stat().st_mode) == 0o600
    client.get("/first-run")
    assert code_file(client).read_text() == code
    assert code.strip() not in client.get("/first-run").text


def test_the_page_and_its_refusal_name_the_file_where_it_is(client):
    assert str(code_file(client).resolve()) in client.get("/first-run").text
    assert str(code_file(client).resolve()) in fill(client, code="0000-0000-0000-0000").text


@pytest.mark.parametrize("code", ["", "0000-0000-0000-0000", "é", "x" * 61])
def test_without_the_code_nothing_is_made(client, code):
    answer = fill(client, code=code)
    assert answer.status_code == 422
    assert count_users(client) == 0


def test_the_code_may_be_typed_in_capitals_with_spaces_around(client):
    code = ensure_setup_code(code_file(client).parent)
    assert fill(client, code=f"  {code.upper()} ").status_code == 302


def test_guessing_the_code_is_throttled(client):
    answers = [fill(client, code="0000-0000-0000-0000").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    assert fill(client).status_code == 429


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"password": "short", "password_again": "short"}, "at least 12"),
        ({"password_again": "another one"}, "not the same"),
        ({"email": "nobody"}, "e-mail address"),
        ({"name": " "}, "required"),
    ],
)
def test_what_cannot_be_is_said_and_the_code_stays(client, change, reason):
    answer = fill(client, **change)
    assert answer.status_code == 422
    assert reason in answer.text
    assert count_users(client) == 0
    assert code_file(client).exists()


def test_a_page_that_was_refused_can_be_sent_again(client):
    """With the token it carries itself, as a browser does."""
    code = ensure_setup_code(code_file(client).parent)
    page = client.get("/first-run").text
    for password in ("short", "password1234", PASSWORD):
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)
        form = {"code": code, "name": "Root", "email": "root@tillpaid.test", "csrf_token": token}
        answer = client.post("/first-run", data=form | {"password": password, "password_again": password})
        page = answer.text
    assert answer.status_code == 302


def test_once_anybody_exists_the_page_is_closed_for_ever(client):
    make_user(client.application, "clerk")
    assert client.get("/first-run").status_code == 404
    assert fill(client).status_code == 404
    assert count_users(client) == 1
    assert client.get("/").location.startswith("/login") or client.get("/").status_code == 404


def test_health_says_when_the_database_does_not_answer(client, monkeypatch):
    from sqlalchemy.exc import OperationalError

    def down(*_args: object, **_more: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr("app.auth.views.text", down)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"status": "down"})
