"""Knows keyset reading: rows beyond a place in an order, from an index, alike on both engines, NULL the largest."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, literal, or_, tuple_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeDecorator

from app.db.base import session
from app.db.types import EnumText, ScaledDecimal, UtcInstant
from app.web.cursor import LARGEST, BadCursor, read_cursor, write_cursor

Column = ColumnElement[Any] | InstrumentedAttribute[Any]
Direction = Literal["asc", "desc"]
Order = Sequence[tuple[Column, Direction]]
Found = tuple[Any, list[Any]]


class Keyset:
    """The columns that order a list, and what follows from them. The last column makes rows unique."""

    def __init__(self, order: Order) -> None:
        if not order:
            raise ValueError("a list needs an order")
        self.columns = [column for column, _ in order]
        self.directions: list[Direction] = [direction for _, direction in order]
        self.kinds = [kind_of(column) for column in self.columns]
        self.name = ",".join(f"{_name(column)}:{direction}" for column, direction in order)

    def write(self, place: Sequence[Any]) -> str:
        return write_cursor(self.name, place)

    def read(self, text: str) -> list[Any]:
        """The place in an address; BadCursor when the columns could not hold such values."""
        place = list(read_cursor(text, self.name, self.kinds))
        for column, value in zip(self.columns, place, strict=True):
            _refuse_unstorable(column, value)
        return place

    def fetch(
        self, statement: Select[Any], place: list[Any] | None, *, most: int, backwards: bool = False
    ) -> list[Found]:
        """Rows beyond the place in reading direction, each with its key."""
        single = len(statement.column_descriptions) == 1
        width = len(self.columns)
        if place is not None:
            statement = statement.where(self._beyond(place, backwards=backwards))
        statement = statement.add_columns(*self.columns).order_by(None).order_by(*self._ordering(backwards)).limit(most)
        rows = session().execute(statement)
        return [(row[0] if single else tuple(row[:-width]), list(row[-width:])) for row in rows]

    def _ordering(self, backwards: bool) -> list[Any]:
        terms: list[Any] = []
        for column, direction in zip(self.columns, self.directions, strict=True):
            down = (direction == "desc") != backwards
            if is_nullable(column):
                # said outright, because the engines disagree where NULL stands: last going up
                terms.append(column.is_(None).desc() if down else column.is_(None).asc())
            terms.append(column.desc() if down else column.asc())
        return terms

    def _beyond(self, place: list[Any], *, backwards: bool) -> ColumnElement[bool]:
        """Rows after the place in reading direction."""
        downs = [(direction == "desc") != backwards for direction in self.directions]
        if len(set(downs)) == 1 and not any(map(is_nullable, self.columns)) and None not in place:
            here = tuple_(*(literal(value, column.type) for value, column in zip(place, self.columns, strict=True)))
            row = tuple_(*self.columns)
            # row values, which both engines answer from one index
            beyond: ColumnElement[bool] = row < here if downs[0] else row > here
            return beyond
        terms: list[ColumnElement[bool]] = []
        for position, (column, value, down) in enumerate(zip(self.columns, place, downs, strict=True)):
            equal = [_is(c, v) for c, v in zip(self.columns[:position], place[:position], strict=True)]
            terms.append(and_(*equal, _passes(column, value, down)))
        return or_(*terms)


def _is(column: Column, value: Any) -> ColumnElement[bool]:
    equal: ColumnElement[bool] = column.is_(None) if value is None else column == value
    return equal


def _passes(column: Column, value: Any, down: bool) -> ColumnElement[bool]:
    """Beyond the value, with NULL as the largest of all."""
    if value is None:
        return column.is_not(None) if down else literal(False)
    further: ColumnElement[bool] = column < value if down else column > value
    return or_(further, column.is_(None)) if is_nullable(column) and not down else further


def is_nullable(column: Column) -> bool:
    """Whether the column may hold NULL; of an expression nobody knows, so yes."""
    expression = getattr(column, "expression", column)
    return bool(getattr(expression, "nullable", True))


def kind_of(column: Column) -> type:
    """The Python kind of a column's values, for reading a place back."""
    kind = column.type
    if isinstance(kind, UtcInstant):
        return datetime
    if isinstance(kind, ScaledDecimal):
        return Decimal
    if isinstance(kind, EnumText):
        return kind.words
    python = kind.python_type
    return python if python in {int, bool, date, datetime, Decimal} or issubclass(python, enum.Enum) else str


def _refuse_unstorable(column: Column, value: Any) -> None:
    if not isinstance(column.type, TypeDecorator):
        return
    try:
        stored = column.type.process_bind_param(value, session().get_bind().dialect)
    except (ValueError, ArithmeticError):
        raise BadCursor from None
    if isinstance(stored, int) and abs(stored) > LARGEST:
        raise BadCursor


def _name(column: Column) -> str:
    return str(getattr(column, "key", None) or column)
