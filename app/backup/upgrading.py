"""Knows that an upgrade of a database with data begins with a copy of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.backup.making import keep_copy
from app.backup.rows import has_data
from app.db.base import db, session
from app.db.upgrade import needs_upgrade, read_revisions, upgrade


@dataclass(frozen=True)
class Upgraded:
    """Whether there was anything to do, and where the copy of before is."""

    changed: bool
    revision: str
    kept: Path | None


def upgrade_with_copy(instance: Path, *, now: datetime) -> Upgraded:
    """Creates or upgrades the application's database. Raises NewerDatabase, BrokenReferences, or why none is copied."""
    session().close()
    kept = None
    with db.engine.connect() as connection:
        is_needed = needs_upgrade(connection)
        is_worth_a_copy = is_needed and has_data(connection)
    if is_worth_a_copy:
        kept = keep_copy(db.engine, instance / "backups", "before-upgrade", now)
    changed = is_needed and upgrade(db.engine)
    with db.engine.connect() as connection:
        return Upgraded(changed, "".join(read_revisions(connection)), kept)
