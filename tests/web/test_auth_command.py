"""People are added and disabled on the command line; the password is piped in or shown once."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from app.auth.queries import get_user_by_email
from app.cli import main
from app.db.base import session

PASSWORD = "seven ducks over the harbour"


@pytest.fixture
def run(app, settings, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TILLPAID_INSTANCE_DIR", str(settings.instance_dir))

    def invoke(*words, typed=""):
        session().rollback()
        return CliRunner().invoke(main, ["user", *words], input=typed)

    return invoke


def test_a_generated_password_stands_alone_on_stdout(run):
    result = run("add", "Ada@tillpaid.test", "--role", "finance", "--name", "Ada Byron")
    assert result.exit_code == 0, result.output
    assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}\n", result.stdout)
    user = get_user_by_email("ada@tillpaid.test")
    assert (user.role.value, user.name) == ("finance", "Ada Byron")
    assert user.verify_and_update_password(result.stdout.strip())


def test_a_piped_password_is_taken_and_not_shown(run):
    result = run("add", "ada@tillpaid.test", "--role", "admin", typed=PASSWORD + "\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert get_user_by_email("ada@tillpaid.test").verify_and_update_password(PASSWORD)


def test_json_is_one_document(run):
    added = json.loads(run("add", "ada@tillpaid.test", "--role", "clerk", "--department", "PACK", "--json").stdout)
    assert added["email"] == "ada@tillpaid.test"
    assert added["department"] == "PACK"
    assert len(added["password"]) == 19
    listed = json.loads(run("list", "--json").stdout)
    assert [person["email"] for person in listed] == ["ada@tillpaid.test"]
    assert "password" not in listed[0]


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("add", "nobody", "--role", "clerk"), 1, "e-mail address"),
        (("add", "ada@tillpaid.test", "--role", "emperor"), 2, "emperor"),
        (("add", "ada@tillpaid.test"), 2, "--role"),
        (("disable", "eve@tillpaid.test"), 1, "no such person"),
        (("password", "eve@tillpaid.test"), 1, "no such person"),
    ],
)
def test_what_cannot_be_done_is_said_on_stderr(run, words, code, reason):
    result = run(*words)
    assert result.exit_code == code
    assert reason in result.stderr
    assert result.stdout == ""


def test_a_weak_piped_password_is_refused(run):
    result = run("add", "ada@tillpaid.test", "--role", "clerk", typed="password1234\n")
    assert result.exit_code == 1
    assert "first that are guessed" in result.stderr


def test_people_are_disabled_and_enabled(run):
    run("add", "root@tillpaid.test", "--role", "admin")
    run("add", "ada@tillpaid.test", "--role", "clerk")
    assert run("disable", "ada@tillpaid.test").exit_code == 0
    assert "ada@tillpaid.test  clerk  disabled" in run("list").stdout
    assert run("enable", "ada@tillpaid.test").exit_code == 0
    assert "ada@tillpaid.test  clerk  active" in run("list").stdout
    assert run("disable", "root@tillpaid.test").exit_code == 1


def test_a_forgotten_password_is_replaced(run):
    run("add", "ada@tillpaid.test", "--role", "clerk", typed=PASSWORD)
    new = run("password", "ada@tillpaid.test").stdout.strip()
    user = get_user_by_email("ada@tillpaid.test")
    assert user.verify_and_update_password(new)
    assert not user.verify_and_update_password(PASSWORD)
