"""script/run starts what it says, stops all of it, and says in one line why it cannot."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 20.0

# Stands in for the real command line: notes what it was asked, and serves as little as a start needs.
COMMAND = """#!{python}
import http.server, os, signal, subprocess, sys, time
from pathlib import Path

notes = Path({notes!r})
with notes.open("a") as written:
    print(*sys.argv[1:], "SHOWN=" + os.environ.get("SHOWN", ""), file=written)
what = sys.argv[1]
if what == "demo" and not Path({loaded!r}).exists():
    Path({loaded!r}).touch()
    print("Sign in as: admin secret", flush=True)
    if Path({taking!r}).exists():
        taker = "import socket, time; s = socket.socket(); s.bind(('127.0.0.1', {port})); s.listen(); time.sleep(60)"
        taken = subprocess.Popen([sys.executable, "-c", taker], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with notes.open("a") as written:
            print("pid", taken.pid, file=written)
        time.sleep(0.5)
if what in ("serve", "worker"):
    helper = subprocess.Popen(["sleep", "600"])
    with notes.open("a") as written:
        print("pid", os.getpid(), helper.pid, file=written)
if what == "serve":
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200); self.end_headers()
        def log_message(self, *said): pass
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[3])), Page).serve_forever()
if what == "worker":
    while not Path({fail!r}).exists():
        time.sleep(0.05)
    sys.exit("no database")
"""


class House:
    """A folder with the real script/run and stand-ins for the rest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes = folder / "notes"
        self.fail = folder / "fail"
        self.taking = folder / "taking"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        (folder / "script").mkdir()
        (folder / ".venv" / "bin").mkdir(parents=True)
        shutil.copy(ROOT / "script" / "run", folder / "script" / "run")
        self._write("script/setup", "#!/bin/sh\nexit 0\n")
        self._write(
            ".venv/bin/tillpaid",
            COMMAND.format(
                python=sys.executable,
                notes=str(self.notes),
                fail=str(self.fail),
                loaded=str(folder / "loaded"),
                taking=str(self.taking),
                port=self.port,
            ),
        )
        (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)

    def start(self, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.folder / "script" / "run", "--port", str(self.port), *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
            preexec_fn=heed_signals,
        )  # fmt: skip

    def calls(self) -> list[str]:
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [line for line in lines if not line.startswith("pid")]

    def processes(self) -> list[int]:
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [int(pid) for line in lines if line.startswith("pid") for pid in line.split()[1:]]

    def wait_until(self, what: Callable[[], bool]) -> None:
        patience = time.monotonic() + PATIENCE_SECONDS
        while not what():
            assert time.monotonic() < patience, "waited too long"
            time.sleep(0.02)

    def wait_until_ready(self, run: subprocess.Popen[str]) -> str:
        assert run.stdout is not None
        said = ""
        while "Ctrl-C stops it" not in said:
            line = run.stdout.readline()
            assert line, f"ended before it was ready: {said}"
            said += line
        return said

    def wait_until_nothing_is_left(self) -> None:
        self.wait_until(lambda: not any(map(is_alive, self.processes())))


def heed_signals() -> None:
    """As at a terminal: what is started in the background may be told to ignore these, and would pass it on."""
    for one in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(one, signal.SIG_DFL)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    for pid in made.processes():
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)


def test_it_prepares_the_database_then_serves_and_says_where(house: House) -> None:
    run = house.start()
    said = house.wait_until_ready(run)
    assert f"http://127.0.0.1:{house.port}" in said
    house.wait_until(lambda: len(house.calls()) == 4)
    asked = [call.split(" SHOWN")[0] for call in house.calls()]
    assert asked[:2] == ["init", "demo --if-empty"]
    assert sorted(asked[2:]) == [f"serve --port {house.port}", "worker"]
    run.terminate()
    run.communicate(timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_a_stop_leaves_no_process_behind(house: House, by: signal.Signals) -> None:
    run = house.start()
    house.wait_until_ready(run)
    house.wait_until(lambda: len(house.processes()) == 4)
    run.send_signal(by)
    run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 0
    house.wait_until_nothing_is_left()


def test_when_a_part_ends_by_itself_the_whole_stops_and_names_it(house: House) -> None:
    run = house.start("--no-demo")
    house.wait_until_ready(run)
    house.fail.touch()
    said, _ = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == 1
    assert "the worker ended by itself" in said
    house.wait_until_nothing_is_left()


def test_the_demo_sign_ins_are_shown_at_every_start_and_kept_from_others(house: House) -> None:
    for _ in range(2):
        run = house.start()
        assert "Sign in as: admin secret" in house.wait_until_ready(run)
        run.terminate()
        run.communicate(timeout=PATIENCE_SECONDS)
    assert (house.folder / "instance" / "demo-sign-ins.txt").stat().st_mode & 0o077 == 0


def test_without_demo_the_database_stays_empty(house: House) -> None:
    run = house.start("--no-demo")
    house.wait_until_ready(run)
    run.terminate()
    run.communicate(timeout=PATIENCE_SECONDS)
    assert not [call for call in house.calls() if call.startswith("demo")]


def test_a_taken_port_is_one_clear_line_before_anything_is_touched(house: House) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", house.port))
        taken.listen()
        said, _ = house.start().communicate(timeout=PATIENCE_SECONDS)
    assert len(said.splitlines()) == 1
    assert f"port {house.port} is taken" in said
    assert house.calls() == []


def test_a_port_that_was_taken_meanwhile_is_not_called_ready(house: House) -> None:
    house.taking.touch()
    said, _ = house.start().communicate(timeout=PATIENCE_SECONDS)
    assert f"port {house.port} is taken" in said
    assert "ready" not in said


@pytest.mark.parametrize("port", ["0", "70000", "eighty", ""])
def test_a_port_that_is_none_is_refused(house: House, port: str) -> None:
    done = subprocess.run(
        [house.folder / "script" / "run", "--port", port], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--port takes a number" in done.stderr


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("SHOWN=plain", "plain"),
        ("export SHOWN = spaced  # a remark", "spaced"),
        ('SHOWN="two words"', "two words"),
        ("SHOWN='a # b'", "a # b"),
        ("SHOWN=$(touch owned)", "$(touch owned)"),
        ("SHOWN=a=b#c\r", "a=b#c"),
    ],
)
def test_a_line_of_the_settings_file_is_read_and_never_run(house: House, line: str, shown: str) -> None:
    (house.folder / ".env").write_text(f"# settings\n\n{line}\n")
    run = house.start("--no-demo")
    house.wait_until_ready(run)
    run.terminate()
    run.communicate(timeout=PATIENCE_SECONDS)
    assert house.calls()[0] == f"init SHOWN={shown}"
    assert not (house.folder / "owned").exists()


def test_the_environment_wins_over_the_settings_file(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOWN", "from the environment")
    (house.folder / ".env").write_text("SHOWN=from the file")
    run = house.start("--no-demo")
    house.wait_until_ready(run)
    run.terminate()
    run.communicate(timeout=PATIENCE_SECONDS)
    assert house.calls()[0] == "init SHOWN=from the environment"


def test_a_line_that_is_no_setting_is_named(house: House) -> None:
    (house.folder / ".env").write_text("SHOWN=1\nthis is not one\n")
    said, _ = house.start().communicate(timeout=PATIENCE_SECONDS)
    assert ".env line 2" in said
    assert house.calls() == []


def test_even_when_the_script_is_killed_its_servers_end(house: House) -> None:
    run = house.start("--no-demo")
    house.wait_until_ready(run)
    house.wait_until(lambda: len(house.processes()) == 4)
    run.kill()
    run.wait()
    servers = house.processes()[0::2]
    house.wait_until(lambda: not any(map(is_alive, servers)))
