"""Knows how a backup is made: an exact copy for SQLite, a portable file for PostgreSQL or on request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, inspect

from app.backup.copies import copy_database
from app.backup.errors import NothingToCopy
from app.backup.files import checksum_path, fingerprint, new_file
from app.backup.portable import write_portable
from app.db.base import is_sqlite
from app.db.upgrade import read_revisions


@dataclass(frozen=True)
class MadeBackup:
    """A finished backup. `rows` by table, for a portable one."""

    path: Path
    kind: str  # "sqlite" or "portable"
    bytes: int
    sha256: str
    revision: str
    rows: Mapping[str, int]


def back_up(path: Path, engine: Engine, *, portable: bool, now: datetime) -> MadeBackup:
    """Writes a new file; into a folder under a name that says when. Raises the refusals of app.backup.errors."""
    is_copy = is_sqlite(engine) and not portable
    if path.is_dir():
        path = path / f"tillpaid-{_stamp(now)}{'.sqlite3' if is_copy else '.zip'}"
    rows: Mapping[str, int] = {}
    with new_file(path) as draft:
        if is_copy:
            copy_database(Path(engine.url.database or ""), draft)
            revision = _revision_of(draft)
        else:
            manifest = write_portable(engine, draft, now)
            revision, rows = manifest.revision, {table.name: table.rows for table in manifest.tables}
    return MadeBackup(path, "sqlite" if is_copy else "portable", path.stat().st_size, fingerprint(path), revision, rows)


def keep_copy(engine: Engine, folder: Path, reason: str, now: datetime) -> Path:
    """A backup before something is changed for good: `folder`/reason-instant."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    suffix = ".sqlite3" if is_sqlite(engine) else ".zip"
    path, count = folder / f"{reason}-{_stamp(now)}{suffix}", 1
    while path.exists() or checksum_path(path).exists():
        count += 1
        path = folder / f"{reason}-{_stamp(now)}-{count}{suffix}"
    return back_up(path, engine, portable=False, now=now).path


def _stamp(now: datetime) -> str:
    return f"{now:%Y%m%dT%H%M%SZ}"


def _revision_of(copy: Path) -> str:
    engine = create_engine(URL.create("sqlite", database=str(copy)))
    try:
        with engine.connect() as connection:
            if not inspect(connection).get_table_names():
                raise NothingToCopy
            return "".join(read_revisions(connection))
    finally:
        engine.dispose()
