"""Settings that may not be used stop every command with their reasons in plain words."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from app.cli import main


@pytest.mark.parametrize("command", [["init"], ["verify"], ["worker", "--once"], ["serve"]])
def test_unsafe_settings_are_told_by_every_command(monkeypatch, command):
    monkeypatch.setenv("TILLPAID_ENV", "production")
    monkeypatch.setenv("SECRET_KEY", "x")
    done = CliRunner().invoke(main, command)
    assert (done.exit_code, "Traceback" in done.output) == (1, False)
    assert "SECRET_KEY is shorter than" in done.stderr
    assert "PUBLIC_BASE_URL must be" in done.stderr


def test_a_setting_that_is_no_such_value_is_named(monkeypatch):
    monkeypatch.setenv("TILLPAID_PROXY_HOPS", "99")
    done = CliRunner().invoke(main, ["init"])
    assert done.exit_code == 1
    assert "TILLPAID_PROXY_HOPS: " in done.stderr
