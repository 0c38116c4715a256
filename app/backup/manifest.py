"""Knows the table of contents of a portable backup: what is in it, and how to tell whether all of it is there."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

from app.backup.cells import Kind
from app.backup.errors import BackupDamaged, NewerBackup, NotABackup
from app.backup.files import BYTES_AT_ONCE

FORMAT = "tillpaid-portable"
VERSION = 1
CONTENTS = "manifest.json"
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)


@dataclass(frozen=True)
class Column:
    name: str
    kind: Kind


@dataclass(frozen=True)
class TableContents:
    """One table: a file with one JSON list per row, its values in the order of the columns."""

    name: str
    file: str
    columns: tuple[Column, ...]
    rows: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """`revision` is the schema's, empty where the schema was built without versions."""

    made_at: str
    made_by: str
    engine: str
    revision: str
    tables: tuple[TableContents, ...]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


def write_manifest(manifest: Manifest) -> bytes:
    return json.dumps({"format": FORMAT, "version": VERSION, **asdict(manifest)}, indent=1).encode()


def read_manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    """Raises NotABackup, NewerBackup, BackupDamaged."""
    if CONTENTS not in archive.namelist():
        raise NotABackup(path=path)
    try:
        facts = json.loads(archive.read(CONTENTS))
    except (*UNREADABLE, ValueError) as error:
        raise BackupDamaged(path=path, reason=f"its contents cannot be read ({error})") from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise NotABackup(path=path)
    if facts.get("version") != VERSION:
        raise NewerBackup(path=path, what=f"format {facts.get('version')}")
    try:
        return _build(facts)
    except (KeyError, TypeError, ValueError) as error:
        raise BackupDamaged(path=path, reason=f"its contents do not say {error}") from error


def _build(facts: dict[str, Any]) -> Manifest:
    words = {name: str(facts[name]) for name in ("made_at", "made_by", "engine", "revision")}
    return Manifest(**words, tables=tuple(_build_table(table) for table in facts["tables"]))


def _build_table(facts: dict[str, Any]) -> TableContents:
    columns = tuple(Column(str(column["name"]), Kind(column["kind"])) for column in facts["columns"])
    return TableContents(str(facts["name"]), str(facts["file"]), columns, int(facts["rows"]), str(facts["sha256"]))


def check_tables(archive: zipfile.ZipFile, manifest: Manifest, path: Path) -> None:
    """Reads every table once and compares rows and checksum. Raises BackupDamaged."""
    for table in manifest.tables:
        try:
            rows, digest = _measure(archive, table)
        except (*UNREADABLE, KeyError) as error:
            raise BackupDamaged(path=path, reason=f"{table.file} cannot be read ({error})") from error
        if (rows, digest) != (table.rows, table.sha256):
            raise BackupDamaged(path=path, reason=f"{table.file} is not what was written")


def _measure(archive: zipfile.ZipFile, table: TableContents) -> tuple[int, str]:
    rows, digest = 0, hashlib.sha256()
    with archive.open(table.file) as member:
        while chunk := member.read(BYTES_AT_ONCE):
            digest.update(chunk)
            rows += chunk.count(b"\n")
    return rows, digest.hexdigest()


def read_lines(archive: zipfile.ZipFile, table: TableContents) -> Iterator[bytes]:
    """The rows as written, one at a time."""
    with archive.open(table.file) as member, BufferedReader(member, BYTES_AT_ONCE) as lines:  # type: ignore[type-var]
        yield from lines
