"""One folder per test run, shared by its parallel workers, that outlives the run by no more than a moment.

The run holds a lock on the folder. Servers started for it wait on that lock: they end with it, even if it was killed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT_NAME = "TILLPAID_TEST_RUN"
ROOM_ON_DISK = 400_000_000
ROOM_IN_MEMORY = 2_000_000_000  # where copying a database takes a thirtieth of the time
GUARD_PATIENCE_SECONDS = 15.0


@dataclass(frozen=True)
class Run:
    """The test run's folder and, in the process that leads the run, the lock that keeps it alive."""

    folder: Path
    alive: IO[str] | None = None

    @property
    def alive_path(self) -> Path:
        return self.folder / "alive.lock"

    def end(self) -> None:
        """Lets the servers of this run end, and waits for them."""
        if self.alive is None:
            return
        self.alive.close()
        patience = time.monotonic() + GUARD_PATIENCE_SECONDS
        while list(self.folder.glob("*.guard")) and time.monotonic() < patience:
            time.sleep(0.02)
        shutil.rmtree(self.folder, ignore_errors=True)


def begin_run() -> Run:
    """Called once, by the process that leads the run, before it starts workers."""
    folder = Path(tempfile.mkdtemp(prefix="tillpaid-tests-", dir=_roomy_place()))
    folder.chmod(0o755)  # PostgreSQL runs as another user when the tests run as root
    alive = (folder / "alive.lock").open("w")
    fcntl.flock(alive, fcntl.LOCK_EX)
    os.environ[ENVIRONMENT_NAME] = str(folder)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # every program that a test starts would compile the whole anew
    return Run(folder, alive)


def join_run() -> Run:
    """The run this process is part of."""
    return Run(Path(os.environ[ENVIRONMENT_NAME]))


@contextmanager
def only_one(run: Run, name: str) -> Iterator[None]:
    """Only one worker of the run at a time is in here."""
    with (run.folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def wait_for_end(alive_path: Path) -> None:
    """Returns when the run has ended, however it did."""
    with alive_path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


def _roomy_place() -> str | None:
    """A temporary folder with room for a database cluster, in memory if it can be; None is the system's own choice."""
    places = (("/dev/shm", ROOM_IN_MEMORY), (tempfile.gettempdir(), ROOM_ON_DISK), ("/var/tmp", ROOM_ON_DISK))  # noqa: S108 - mkdtemp makes an unpredictable folder there
    for place, room in places:
        if os.access(place, os.W_OK) and shutil.disk_usage(place).free > room:
            return place
    return None
