"""Removes everything the demo made, so that the real company can begin; the people who sign in stay."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from flask import current_app
from sqlalchemy import delete

from app.audit.services import record
from app.company.queries import get_company
from app.db.base import db, session
from app.db.schema import load_models
from app.db.triggers import list_guards
from app.db.unit_of_work import in_unit_of_work
from app.kernel.errors import RuleError

# Who may sign in, and the revision of the schema, are no part of the story
KEPT = frozenset({"user", "user_session", "sign_in_throttle", "alembic_version"})
SIGN_INS = "demo-sign-ins.txt"


class NoDemo(RuleError):
    """This is not the demo company; nothing was removed."""


def wipe_demo(*, actor: str, now: datetime) -> None:
    """Empties every table but the accounts, in one transaction with the guards standing aside. Raises NoDemo."""
    in_unit_of_work(lambda: _empty_tables(actor, now))
    folder: Path = current_app.extensions["tillpaid_settings"].instance_dir
    (folder / SIGN_INS).unlink(missing_ok=True)
    for mail in (folder / "mail").glob("*.eml"):
        mail.unlink(missing_ok=True)


def _empty_tables(actor: str, now: datetime) -> None:
    if not get_company().is_demo:
        raise NoDemo
    load_models()
    dialect = db.engine.dialect.name
    _run(statement for guard in list_guards() for statement in guard.drop(dialect))
    session().expunge_all()
    for table in reversed(db.metadata.sorted_tables):
        if table.name not in KEPT:
            session().execute(delete(table))
    _run(statement for guard in list_guards() for statement in guard.create(dialect))
    record("demo.removed", actor=actor, now=now, object_kind="company", object_id=1)


def _run(statements: Iterable[str]) -> None:
    for statement in statements:
        session().connection().exec_driver_sql(statement)
