"""Knows how to copy an SQLite database that is in use, and how to put a copy in its place, each at one moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.backup.errors import DatabaseDamaged, DatabaseInUse, NothingToCopy

PAGES_AT_ONCE = 2_000
PAUSE = 0.05
# Each write of others begins the copy anew; after so many it is made in one go, while writers wait
MOST_RESTARTS = 5
MOST_REFUSALS = 300


def copy_database(source: Path, target: Path) -> None:
    """Copies a database while others read and write it; the copy is one file and whole.

    Raises NothingToCopy, DatabaseDamaged, OSError when there is no room.
    """
    try:
        with _opened(source, "rw") as original, closing(sqlite3.connect(target)) as copy:
            _copy_in_steps(original, copy)
            # A copy of a database with a write-ahead log would want one too
            copy.execute("PRAGMA journal_mode=DELETE")
            require_whole(copy)
    except sqlite3.DatabaseError as error:
        raise _translated(error) from error


def read_copy(source: Path, target: Path) -> None:
    """Copies a backup without touching it. Raises DatabaseDamaged."""
    try:
        with _opened(source, "ro") as original, closing(sqlite3.connect(target)) as copy:
            require_whole(original)
            original.backup(copy)
            require_whole(copy)
    except sqlite3.DatabaseError as error:
        raise _translated(error) from error


def put_in_place(source: Path, target: Path) -> None:
    """Makes the database at `target` what `source` is, in one transaction, under whoever has it open.

    Raises DatabaseInUse when others do not let go of it within some seconds.
    """
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target)) as place:
        original.backup(place, progress=_impatience(), sleep=PAUSE)


def require_whole(connection: sqlite3.Connection) -> None:
    """The engine's own look at every page and index. Raises DatabaseDamaged."""
    if damage := [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)") if row[0] != "ok"]:
        raise DatabaseDamaged(reason="; ".join(damage))


class _Restarted(Exception):
    pass


def _copy_in_steps(original: sqlite3.Connection, copy: sqlite3.Connection) -> None:
    try:
        original.backup(copy, pages=PAGES_AT_ONCE, progress=_restart_count(), sleep=PAUSE)
    except _Restarted:
        original.backup(copy)


def _restart_count() -> Callable[[int, int, int], None]:
    """Notices when less was copied than before."""
    before, restarts = 0, 0

    def look(_status: int, remaining: int, total: int) -> None:
        nonlocal before, restarts
        copied = total - remaining
        restarts += copied < before
        before = copied
        if restarts > MOST_RESTARTS:
            raise _Restarted

    return look


def _impatience() -> Callable[[int, int, int], None]:
    refusals = 0

    def look(status: int, _remaining: int, _total: int) -> None:
        nonlocal refusals
        refusals += status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
        if refusals > MOST_REFUSALS:
            raise DatabaseInUse

    return look


@contextmanager
def _opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """Never makes a database that is not there."""
    if not path.is_file():
        raise NothingToCopy
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True)) as connection:
        yield connection


def _translated(error: sqlite3.DatabaseError) -> Exception:
    if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}:
        return OSError(str(error))
    return DatabaseDamaged(reason=str(error))
