"""Knows the way back: a backup is checked before anything changes, put in place at once, and starts in quarantine."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, insert, inspect, update
from sqlalchemy.exc import DBAPIError

from app.audit.models import AuditEntry
from app.auth.models import UserSession
from app.backup.copies import put_in_place, read_copy
from app.backup.errors import (
    BackupDamaged,
    BackupMissing,
    DatabaseDamaged,
    DatabaseHasData,
    DatabaseInUse,
    DatabaseShared,
    NewerBackup,
    NotABackup,
    PresentNotCopied,
)
from app.backup.files import check_fingerprint
from app.backup.filling import fill_tables
from app.backup.making import keep_copy
from app.backup.manifest import UNREADABLE, Manifest, check_tables, read_manifest
from app.backup.portable import write_portable
from app.backup.rows import has_data
from app.company.models import Company
from app.db.base import Base, db, is_sqlite, prepare_engine, session
from app.db.upgrade import VERSION_TABLE, is_known, read_revisions, rebuild, upgrade
from app.kernel.errors import TillpaidError

ACTOR = "system:restore"
SQLITE_HEAD = b"SQLite format 3\x00"
ZIP_HEAD = b"PK\x03\x04"


@dataclass(frozen=True)
class Restored:
    """What was put in place; `kept` is the copy of what stood there before."""

    kind: str
    revision: str
    kept: Path | None


@dataclass(frozen=True)
class _Place:
    """Where a backup goes, and what may happen to what stands there."""

    engine: Engine
    instance: Path
    replace: bool
    without_copy: bool
    now: datetime


def restore(
    path: Path, *, instance: Path, replace: bool = False, without_copy: bool = False, now: datetime
) -> Restored:
    """Puts a backup in place of the application's database, in quarantine. Raises the refusals of app.backup.errors.

    With `replace` what stands there is copied to `instance`/backups first, unless `without_copy`.
    """
    if not path.is_file():
        raise BackupMissing(path=path)
    check_fingerprint(path)
    session().close()
    place = _Place(db.engine, instance, replace, without_copy, now)
    with path.open("rb") as stream:
        head = stream.read(len(SQLITE_HEAD))
    if head == SQLITE_HEAD:
        return _restore_copy(path, place)
    if head.startswith(ZIP_HEAD):
        return _restore_portable(path, place, finish=_quarantine(path, place.now))
    raise NotABackup(path=path)


def _restore_copy(path: Path, place: _Place) -> Restored:
    """Upgraded and quarantined beside the database first, so that the last step is one step."""
    with tempfile.TemporaryDirectory(prefix="restore-", dir=place.instance) as folder:
        staged = Path(folder) / "staged.sqlite3"
        with _staged(path, staged) as engine:
            with engine.connect() as connection:
                revision, names = _check_copy(connection, path)
            upgrade(engine)
            with engine.begin() as connection:
                _quarantine(path, place.now)(connection)
            if not is_sqlite(place.engine):
                portable = Path(folder) / "staged.zip"
                write_portable(engine, portable, place.now)
                kept = _restore_portable(portable, place, finish=lambda _connection: None).kept
                return Restored("sqlite", revision, kept)
        kept = _make_room(place, names)
        place.engine.dispose()
        put_in_place(staged, Path(place.engine.url.database or ""))
    return Restored("sqlite", revision, kept)


@contextmanager
def _staged(path: Path, staged: Path) -> Iterator[Engine]:
    try:
        read_copy(path, staged)
    except DatabaseDamaged as damage:
        raise BackupDamaged(path=path, reason=damage.details["reason"]) from damage
    engine = create_engine(URL.create("sqlite", database=str(staged)))
    prepare_engine(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def _check_copy(connection: Connection, path: Path) -> tuple[str, set[str]]:
    """Its revision and its tables. Raises NotABackup, NewerBackup."""
    names = set(inspect(connection).get_table_names())
    if not {Company.__tablename__, AuditEntry.__tablename__} <= names:
        raise NotABackup(path=path)
    revision = "".join(read_revisions(connection))
    _require_known(revision, path)
    return revision, names


def _restore_portable(path: Path, place: _Place, *, finish: Callable[[Connection], None]) -> Restored:
    try:
        archive = zipfile.ZipFile(path)
    except UNREADABLE as error:
        raise BackupDamaged(path=path, reason=str(error)) from error
    with archive:
        manifest = read_manifest(archive, path)
        _require_known(manifest.revision, path)
        check_tables(archive, manifest, path)
        kept = _make_room(place, {table.name for table in manifest.tables})
        _rebuild(archive, manifest, place.engine, finish)
    return Restored("portable", manifest.revision, kept)


def _rebuild(
    archive: zipfile.ZipFile, manifest: Manifest, engine: Engine, finish: Callable[[Connection], None]
) -> None:
    try:
        rebuild(
            engine,
            manifest.revision,
            fill=lambda connection: fill_tables(connection, archive, manifest),
            finish=finish,
        )
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") == "55P03" or "locked" in str(error.orig):
            raise DatabaseInUse from error
        raise


def _require_known(revision: str, path: Path) -> None:
    if not is_known(revision):
        raise NewerBackup(path=path, what=f"schema {revision}")


def _quarantine(path: Path, now: datetime) -> Callable[[Connection], None]:
    """No mail leaves and no job runs until a person confirms: another instance may still be doing both.

    Everybody signs in again: whoever was signed out or disabled since the backup would otherwise be in once more.
    """

    def mark(connection: Connection) -> None:
        connection.execute(update(Company).values(quarantined_at=now))
        is_open = UserSession.ended_at.is_(None)
        connection.execute(update(UserSession).where(is_open).values(ended_at=now, ended_by=ACTOR))
        connection.execute(
            insert(AuditEntry).values(
                at=now, actor=ACTOR, action="company.restored", object_kind="company", object_id=1,
                detail={"file": path.name},
            )
        )  # fmt: skip

    return mark


def _make_room(place: _Place, names: set[str]) -> Path | None:
    """Makes sure nothing is lost by mistake; where the present database was copied to."""
    with place.engine.connect() as connection:
        present = set(inspect(connection).get_table_names())
        is_used = has_data(connection)
    if strangers := present - names - Base.metadata.tables.keys() - {VERSION_TABLE}:
        raise DatabaseShared(tables=", ".join(sorted(strangers)))
    if not is_used:
        return None
    if not place.replace:
        raise DatabaseHasData
    if place.without_copy:
        return None
    try:
        return keep_copy(place.engine, place.instance / "backups", "before-restore", place.now)
    except TillpaidError as refusal:
        raise PresentNotCopied(reason=str(refusal).rstrip(".")) from refusal
