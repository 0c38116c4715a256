"""Statements both engines know, spelled by each in its own dialect."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult
from sqlalchemy.dialects import postgresql, sqlite

from app.db.base import Model, session

T = TypeVar("T")

# SQLite takes 999 parameters on its oldest builds; a statement has a few beside these
MOST_VALUES = 900


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


def in_chunks(values: Iterable[T], *, each: int = 1) -> Iterator[list[T]]:
    """Each value once, in order, as many at a time as one statement takes; `each` is its count of parameters."""
    rest = iter(dict.fromkeys(values))
    while chunk := list(islice(rest, MOST_VALUES // each)):
        yield chunk
