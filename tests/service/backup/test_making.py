"""A backup appears whole under its name, or not at all."""

from __future__ import annotations

import json
import resource
import signal
import sqlite3
import stat
import threading
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import text

from app.backup import back_up, copies, keep_copy
from app.backup.errors import (
    BackupExists,
    DatabaseDamaged,
    FolderMissing,
    NothingToCopy,
    NotWritable,
    UnknownColumn,
)
from app.backup.files import fingerprint
from app.db.base import db
from tests.book import NOW, Book


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("portable", [False, True])
def test_a_backup_is_one_file_for_its_owner_only_with_its_checksum_beside_it(book: Book, tmp_path: Path, portable):
    made = back_up(tmp_path / "backup", db.engine, portable=portable, now=NOW)
    assert names(tmp_path) == ["backup", "backup.sha256"]
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert (tmp_path / "backup.sha256").read_text() == f"{made.sha256}  backup\n"
    assert made.sha256 == fingerprint(made.path)
    assert made.bytes == made.path.stat().st_size


def test_sqlite_is_copied_as_it_is_and_postgresql_is_written_portably(book: Book, engine_name, tmp_path: Path):
    made = back_up(tmp_path / "backup", db.engine, portable=False, now=NOW)
    if engine_name == "sqlite":
        assert made.kind == "sqlite"
        with sqlite3.connect(made.path) as copy:
            assert copy.execute("SELECT name FROM company").fetchall() == [("Feinwerk Sensorik GmbH",)]
    else:
        assert made.kind == "portable"
        with zipfile.ZipFile(made.path) as archive:
            assert json.loads(archive.read("manifest.json"))["engine"] == "postgresql"


def test_equal_contents_make_equal_portable_backups(book: Book, tmp_path: Path):
    first = back_up(tmp_path / "first", db.engine, portable=True, now=NOW)
    second = back_up(tmp_path / "second", db.engine, portable=True, now=NOW)
    assert first.sha256 == second.sha256


def test_a_folder_gets_a_file_named_by_the_instant(book: Book, engine_name, tmp_path: Path):
    made = back_up(tmp_path, db.engine, portable=False, now=NOW)
    suffix = "sqlite3" if engine_name == "sqlite" else "zip"
    assert made.path == tmp_path / f"tillpaid-20261122T090000Z.{suffix}"


def test_an_existing_file_is_never_overwritten(book: Book, tmp_path: Path):
    (tmp_path / "mine").write_text("keep me")
    with pytest.raises(BackupExists, match="mine exists already"):
        back_up(tmp_path / "mine", db.engine, portable=False, now=NOW)
    assert (tmp_path / "mine").read_text() == "keep me"
    assert names(tmp_path) == ["mine"]


def test_a_name_taken_meanwhile_is_left_to_its_owner(book: Book, tmp_path: Path, monkeypatch):
    """Two backups under one name at once: one of them wins, the other says so."""
    path, done = tmp_path / "both", []

    def make() -> None:
        with book.app.app_context():
            try:
                done.append(back_up(path, db.engine, portable=True, now=NOW).sha256)
            except BackupExists:
                done.append("refused")

    both = [threading.Thread(target=make) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(done) == sorted([fingerprint(path), "refused"])
    assert names(tmp_path) == ["both", "both.sha256"]


def test_a_missing_folder_is_named(book: Book, tmp_path: Path):
    with pytest.raises(FolderMissing, match="no folder"):
        back_up(tmp_path / "nowhere" / "backup", db.engine, portable=False, now=NOW)


def test_a_folder_that_is_none_is_named(book: Book, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises((FolderMissing, NotWritable)):
        back_up(tmp_path / "file" / "backup", db.engine, portable=False, now=NOW)


def test_a_full_disk_leaves_nothing_behind(book: Book, tmp_path: Path):
    """No file may grow beyond 20 kB here: writing fails as on a disk without room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(NotWritable, match="cannot be written"):
            back_up(tmp_path / "backup", db.engine, portable=False, now=NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert names(tmp_path) == []


def test_a_database_without_tables_has_nothing_to_copy(engine_name, open_empty, tmp_path: Path):
    open_empty(engine_name)
    with pytest.raises(NothingToCopy, match="tillpaid init"):
        back_up(tmp_path / "backup", db.engine, portable=False, now=NOW)
    assert "backup" not in names(tmp_path)


def test_a_column_of_a_kind_we_have_no_word_for_is_refused_not_guessed(app, tmp_path: Path):
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE company ADD COLUMN weight FLOAT"))
    with pytest.raises(UnknownColumn, match=r"company\.weight"):
        back_up(tmp_path / "backup", db.engine, portable=True, now=NOW)


def test_copies_before_a_change_never_collide(book: Book, tmp_path: Path):
    kept = [keep_copy(db.engine, tmp_path / "backups", "before-upgrade", NOW) for _ in range(3)]
    assert len(set(kept)) == 3
    assert stat.S_IMODE((tmp_path / "backups").stat().st_mode) == 0o700


# --- SQLite only ------------------------------------------------------------------------------------------------------


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, words TEXT)")
        connection.executemany("INSERT INTO t (words) VALUES (?)", [("x" * 1_000,)] * 2_000)
    return path


def test_a_copy_that_is_overtaken_again_and_again_is_made_in_one_go(source: Path, tmp_path: Path, monkeypatch):
    """Each write of others begins a stepwise copy anew; it must not go on for ever."""
    monkeypatch.setattr(copies, "PAGES_AT_ONCE", 10)
    monkeypatch.setattr(copies, "PAUSE", 0.001)
    stop, written = threading.Event(), []

    def write() -> None:
        connection = sqlite3.connect(source, timeout=30)
        while not stop.is_set():
            with connection:
                connection.execute("INSERT INTO t (words) VALUES ('more')")
            written.append(1)

    person = threading.Thread(target=write)
    person.start()
    try:
        copies.copy_database(source, tmp_path / "copy.sqlite3")
    finally:
        stop.set()
        person.join()
    with sqlite3.connect(tmp_path / "copy.sqlite3") as copy:
        count = copy.execute("SELECT COUNT(*) FROM t").fetchone()[0]
    assert 2_000 <= count <= 2_000 + len(written)


def test_a_copy_of_a_database_with_a_write_ahead_log_is_one_file(source: Path, tmp_path: Path):
    open_still = sqlite3.connect(source)
    open_still.execute("PRAGMA journal_mode=WAL")
    with open_still:
        open_still.execute("INSERT INTO t (words) VALUES ('only in the log')")
    folder = tmp_path / "copies"
    folder.mkdir()
    copies.copy_database(source, folder / "copy.sqlite3")
    assert names(folder) == ["copy.sqlite3"]
    with sqlite3.connect(folder / "copy.sqlite3") as copy:
        assert copy.execute("SELECT COUNT(*) FROM t WHERE words = 'only in the log'").fetchone() == (1,)
    open_still.close()


def test_a_damaged_database_is_not_passed_on(source: Path, tmp_path: Path):
    content = bytearray(source.read_bytes())
    content[8_192:12_288] = b"\xff" * 4_096
    source.write_bytes(content)
    with pytest.raises(DatabaseDamaged, match="database itself is damaged"):
        copies.copy_database(source, tmp_path / "copy.sqlite3")
