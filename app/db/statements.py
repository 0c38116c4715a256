"""Statements both engines know, spelled by each in its own dialect."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import CursorResult
from sqlalchemy.dialects import postgresql, sqlite

from app.db.base import Model, session


def insert_once(model: type[Model], rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> int:
    """INSERT .. ON CONFLICT DO NOTHING: rows whose key is taken are left as they are. Returns how many were new."""
    current = session()
    insert = postgresql.insert if current.get_bind().dialect.name == "postgresql" else sqlite.insert
    listed = [rows] if isinstance(rows, Mapping) else list(rows)
    if not listed:
        return 0
    current.flush()
    statement = insert(model).values(listed).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return cast(CursorResult[Any], current.execute(statement)).rowcount
