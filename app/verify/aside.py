"""Knows how to check the books without standing in anybody's way: an open read makes SQLite's writers wait."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

from flask import current_app

from app.backup.copies import copy_database
from app.backup.errors import DatabaseDamaged
from app.db.base import db, is_sqlite, session
from app.verify import INVARIANTS, Verdict, Verification, verify
from app.verify.invariant import Finding


def verify_aside(now: datetime) -> Verification:
    """Checks every invariant; SQLite on a copy of this moment, PostgreSQL where it is. Changes nothing."""
    if not is_sqlite(db.engine):
        result = verify(now)
        session().rollback()
        return result
    session().close()
    with tempfile.TemporaryDirectory(prefix="tillpaid-check-") as folder:
        copy = Path(folder) / "copy.sqlite3"
        try:
            copy_database(Path(db.engine.url.database or ""), copy)
        except DatabaseDamaged as damage:
            return _damaged(str(damage.details["reason"]))
        return _verify_copy(copy, now)


def _verify_copy(copy: Path, now: datetime) -> Verification:
    from app import create_app

    settings = current_app.extensions["tillpaid_settings"]
    with create_app(settings.model_copy(update={"database_url": f"sqlite:///{copy}"})).app_context():
        try:
            return verify(now)
        finally:
            session().close()
            db.engine.dispose()


def _damaged(reason: str) -> Verification:
    """What cannot be copied cannot be read either: the engine's finding is the only one."""
    invariant = next(one for one in INVARIANTS if one.code == "I40")
    return Verification((Verdict(invariant, (Finding("database", reason),)),))
