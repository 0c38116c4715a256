"""Knows how to write all tables of either engine into one file that either engine can take back."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, MetaData, Table, create_engine, select

from app.backup.cells import Kind, kind_of, write_cell
from app.backup.copies import copy_database
from app.backup.errors import DatabaseDamaged, NothingToCopy, UnknownColumn
from app.backup.manifest import CONTENTS, Column, Manifest, TableContents, write_manifest
from app.db.base import is_sqlite
from app.db.upgrade import VERSION_TABLE, read_revisions

ROWS_AT_ONCE = 500
FILES_AT_ONCE = 20  # rows that carry whole files


def write_portable(engine: Engine, draft: Path, now: datetime) -> Manifest:
    """Writes every table as it is at one moment. Raises NothingToCopy, UnknownColumn, DatabaseDamaged."""
    if not is_sqlite(engine):
        with engine.connect().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        ) as connection:
            return _write(connection, draft, now)
    # An open read would make everybody's commit wait: copy first, then take all the time it needs
    with tempfile.TemporaryDirectory(dir=draft.parent) as folder:
        copy = Path(folder) / "copy.sqlite3"
        copy_database(Path(engine.url.database or ""), copy)
        copied = create_engine(URL.create("sqlite", database=str(copy)))
        try:
            with copied.connect() as connection:
                return _write(connection, draft, now)
        finally:
            copied.dispose()


def _write(connection: Connection, draft: Path, now: datetime) -> Manifest:
    metadata = MetaData()
    metadata.reflect(connection)
    tables = [table for table in metadata.sorted_tables if table.name != VERSION_TABLE]
    if not tables:
        raise NothingToCopy
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        manifest = Manifest(
            made_at=now.isoformat(),
            made_by=f"tillpaid {version('tillpaid')}",
            engine=connection.dialect.name,
            revision="".join(read_revisions(connection)),
            tables=tuple(_write_table(archive, connection, table) for table in tables),
        )
        archive.writestr(_member(CONTENTS), write_manifest(manifest))
    return manifest


def _write_table(archive: zipfile.ZipFile, connection: Connection, table: Table) -> TableContents:
    columns, file = _columns(table), f"tables/{table.name}.jsonl"
    rows, digest = 0, hashlib.sha256()
    with archive.open(_member(file), "w", force_zip64=True) as member:
        for line in _lines(connection, table, columns):
            member.write(line)
            digest.update(line)
            rows += 1
    return TableContents(table.name, file, columns, rows, digest.hexdigest())


def _columns(table: Table) -> tuple[Column, ...]:
    found = []
    for column in table.columns:
        kind = kind_of(column.type)
        if kind is None:
            raise UnknownColumn(table=table.name, column=column.name, type=column.type)
        found.append(Column(column.name, kind))
    return tuple(found)


def _lines(connection: Connection, table: Table, columns: tuple[Column, ...]) -> Iterator[bytes]:
    """In the order of the keys, so that a row follows those of its own table it refers to."""
    at_once = FILES_AT_ONCE if any(column.kind is Kind.BYTES for column in columns) else ROWS_AT_ONCE
    rows = connection.execute(
        select(table).order_by(*table.primary_key.columns), execution_options={"yield_per": at_once}
    )
    kinds = [column.kind for column in columns]
    for row in rows:
        try:
            cells = [write_cell(value, kind) for value, kind in zip(row, kinds, strict=True)]
        except ValueError as error:
            raise DatabaseDamaged(reason=f"in {table.name} {error}") from error
        yield json.dumps(cells, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _member(name: str) -> zipfile.ZipInfo:
    """Without a date of its own: equal contents are equal bytes."""
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member
