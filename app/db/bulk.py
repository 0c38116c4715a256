"""Writes hundreds of thousands of rows at once, past the object mapping, which takes each row one by one."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Table, insert

from app.db.base import Model, session

Rows = Sequence[Mapping[str, Any]]


def insert_rows(model: type[Model], rows: Rows) -> None:
    """Inserts rows that all have the same columns; defaults of the model apply."""
    if rows:
        session().connection().execute(insert(_table(model)), rows)


def insert_for_ids(model: type[Model], rows: Rows) -> list[int]:
    """As `insert_rows`; the ids the rows got, in their order."""
    if not rows:
        return []
    table = _table(model)
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return list(session().connection().execute(statement, rows).scalars())


def expect_many_rows() -> None:
    """Lets this connection keep what it changes in memory until the commit.

    With its small cache SQLite writes pages out early, and each time makes the journal safe first: an import of
    100,000 invoices then waits for the disk for minutes. Other engines need nothing.
    """
    connection = session().connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size = -524288")  # KB


def _table(model: type[Model]) -> Table:
    return cast(Table, model.__table__)
