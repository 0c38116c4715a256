"""Knows how the rows of a portable backup become rows of empty tables, whatever the engine."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, insert, select
from sqlalchemy.exc import DBAPIError

from app.backup.cells import Kind, kind_of, read_cell
from app.backup.errors import RowsDoNotFit
from app.backup.manifest import Manifest, TableContents, read_lines
from app.db.upgrade import VERSION_TABLE

ROWS_AT_ONCE = 1_000
BYTES_AT_ONCE = 4_000_000


def fill_tables(connection: Connection, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Inserts every row, tables before those that refer to them. Raises RowsDoNotFit."""
    metadata = MetaData()
    metadata.reflect(connection)
    contents = {table.name: table for table in manifest.tables}
    tables = [table for table in metadata.sorted_tables if table.name != VERSION_TABLE]
    if unknown := sorted(contents.keys() ^ {table.name for table in tables}):
        raise RowsDoNotFit(table=unknown[0], reason="only one of backup and database has this table")
    for table in tables:
        _require_same_columns(table, contents[table.name])
        _fill_table(connection, archive, table, contents[table.name])
        _set_sequences(connection, table)


def _require_same_columns(table: Table, contents: TableContents) -> None:
    here = {column.name: kind_of(column.type) for column in table.columns}
    there: dict[str, Kind | None] = {column.name: column.kind for column in contents.columns}
    if here != there:
        names = ", ".join(sorted(name for name, _kind in here.items() ^ there.items()))
        raise RowsDoNotFit(table=table.name, reason=f"the columns differ ({names})")


def _fill_table(connection: Connection, archive: zipfile.ZipFile, table: Table, contents: TableContents) -> None:
    try:
        for rows in _batches(connection, archive, contents):
            connection.execute(insert(table), rows)
    except ValueError as error:
        raise RowsDoNotFit(table=table.name, reason=str(error)) from error
    except DBAPIError as error:
        raise RowsDoNotFit(table=table.name, reason=str(error.orig).splitlines()[0]) from error


def _batches(
    connection: Connection, archive: zipfile.ZipFile, contents: TableContents
) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for line in read_lines(archive, contents):
        batch.append(_read_row(line, contents, without_zone=connection.dialect.name == "sqlite"))
        size += len(line)
        if len(batch) >= ROWS_AT_ONCE or size >= BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read_row(line: bytes, contents: TableContents, *, without_zone: bool) -> dict[str, Any]:
    row = {}
    for column, written in zip(contents.columns, json.loads(line), strict=True):
        value = read_cell(written, column.kind)
        if without_zone and value is not None and column.kind is Kind.INSTANT:
            value = value.replace(tzinfo=None)  # SQLite keeps UTC without saying so
        row[column.name] = value
    return row


def _set_sequences(connection: Connection, table: Table) -> None:
    """PostgreSQL goes on counting behind the highest id."""
    if connection.dialect.name != "postgresql":
        return
    name = connection.dialect.identifier_preparer.quote(table.name)
    for column in table.primary_key.columns:
        sequence = connection.scalar(select(func.pg_get_serial_sequence(name, column.name)))
        if sequence is not None:
            highest = func.max(column)
            connection.execute(select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None))))
