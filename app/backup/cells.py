"""Knows how a value of a table is written in a portable backup, and read back as exactly the same value."""

from __future__ import annotations

import base64
import enum
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import types
from sqlalchemy.types import TypeEngine


class Kind(enum.StrEnum):
    """What a column holds, whatever each engine calls it."""

    INTEGER = "integer"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"  # UTC, to the microsecond
    BYTES = "bytes"


def kind_of(stored: TypeEngine[Any]) -> Kind | None:
    """The kind of a column as the database describes it; None when we have no word for it."""
    for ours, kind in _KINDS:
        if isinstance(stored, ours):
            return kind
    return None


_KINDS: tuple[tuple[type[TypeEngine[Any]], Kind], ...] = (
    (types.Boolean, Kind.BOOLEAN),
    (types.Integer, Kind.INTEGER),
    (types.DateTime, Kind.INSTANT),
    (types.Date, Kind.DATE),
    (types.LargeBinary, Kind.BYTES),
    (types.BINARY, Kind.BYTES),
    (types.String, Kind.TEXT),
)


def write_cell(value: Any, kind: Kind) -> Any:
    """The JSON value: numbers, words and truth as they are, everything else as text. Raises ValueError."""
    return None if value is None else _WRITE[kind](value)


def read_cell(value: Any, kind: Kind) -> Any:
    """The opposite of `write_cell`. Raises ValueError when the text is of another kind."""
    return None if value is None else _READ[kind](value)


def _write_instant(value: datetime) -> str:
    # SQLite has no zones: an instant without one was written by us, in UTC
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return aware.isoformat(timespec="microseconds")


def _read_instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} says no offset")
    return instant.astimezone(UTC)


def _only(expected: type) -> Callable[[Any], Any]:
    """The value as it is. SQLite would keep a fraction in a column of integers; we pass on no such thing."""

    def check(value: Any) -> Any:
        if type(value) is not expected:
            raise ValueError(f"{value!r} is not {expected.__name__}")
        return value

    return check


_WRITE: dict[Kind, Callable[[Any], Any]] = {
    Kind.INTEGER: _only(int),
    Kind.TEXT: _only(str),
    Kind.BOOLEAN: _only(bool),
    Kind.DATE: date.isoformat,
    Kind.INSTANT: _write_instant,
    Kind.BYTES: lambda value: base64.b64encode(bytes(value)).decode("ascii"),
}
_READ: dict[Kind, Callable[[Any], Any]] = {
    Kind.INTEGER: _only(int),
    Kind.TEXT: _only(str),
    Kind.BOOLEAN: _only(bool),
    Kind.DATE: date.fromisoformat,
    Kind.INSTANT: _read_instant,
    Kind.BYTES: lambda text: base64.b64decode(text, validate=True),
}
