"""The web server starts from the command line, says how to begin, and stops when told, leaving nothing behind."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from app.cli.serve import options_for, settings_for
from app.db.base import db
from config import Settings
from tests.factories import make_user
from tests.harness.session import ROOT

PATIENCE_SECONDS = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, path="/healthz", host="127.0.0.1"):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    line.request("GET", path, headers={"Host": host})
    answer = line.getresponse()
    return answer.status, answer.read().decode()


@contextmanager
def serving(settings, tmp_path, **changes):
    """The server as a process of its own, with its port and what it writes to stderr."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "DATABASE_URL": settings.database_url,
        "TILLPAID_INSTANCE_DIR": str(settings.instance_dir),
        **changes,
    }
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", str(port)]
    said = tmp_path / "stderr"
    with said.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            yield process, port, said
        finally:
            process.kill()
            process.wait()


def wait_until_it_answers(process, port, said):
    patience = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < patience and process.poll() is None:
        try:
            return ask(port)
        except OSError:
            time.sleep(0.05)
    raise AssertionError(said.read_text())


@pytest.mark.slow
def test_the_server_answers_tells_the_set_up_code_and_stops_when_told(app, settings, tmp_path):
    with serving(settings, tmp_path) as (process, port, said):
        assert wait_until_it_answers(process, port, said) == (200, '{"status":"ok"}\n')
        code = (settings.instance_dir / "setup-code.txt").read_text().strip()
        assert code in said.read_text()
        assert ask(port, "/first-run")[0] == 200
        assert ask(port, "/first-run", host="evil.example")[0] == 400
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["stderr"]
    assert not re.search(r"Traceback", said.read_text())


@pytest.mark.slow
def test_once_somebody_exists_no_code_is_told(app, settings, tmp_path):
    make_user(app, "admin")
    db.session.remove()
    with serving(settings, tmp_path) as (process, port, said):
        wait_until_it_answers(process, port, said)
        assert "code" not in said.read_text()
        assert not (settings.instance_dir / "setup-code.txt").exists()


def test_unsafe_settings_stop_the_start_with_every_reason(app, settings, tmp_path):
    with serving(settings, tmp_path, TILLPAID_ENV="production") as (process, _, said):
        assert process.wait(PATIENCE_SECONDS) == 1
        reasons = said.read_text()
        for name in ("SECRET_KEY", "PUBLIC_BASE_URL", "SMTP_URL"):
            assert name in reasons
        assert "Traceback" not in reasons


def test_the_address_follows_the_port_unless_one_is_set(capsys):
    assert settings_for(8000, Settings()).public_base_url == "http://127.0.0.1:8000"
    assert capsys.readouterr().err == ""
    assert settings_for(8322, Settings()).public_base_url == "http://127.0.0.1:8322"
    assert "Set PUBLIC_BASE_URL" in capsys.readouterr().err
    own = Settings.model_validate({"public_base_url": "http://till.test"})
    assert settings_for(8322, own).public_base_url == "http://till.test"
    assert capsys.readouterr().err == ""


def test_the_server_trusts_nobody_it_was_not_told_to():
    options = options_for("::1", 8000)
    assert options["bind"] == "[::1]:8000"
    assert options["control_socket_disable"] is True
    assert options["forwarded_allow_ips"] == ""
    assert (options["workers"], options["threads"], options["worker_class"]) == (2, 4, "gthread")
