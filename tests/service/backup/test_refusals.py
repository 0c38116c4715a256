"""A backup that is damaged, foreign, too new or in the wrong place is refused, and nothing changes."""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from app.backup import copies, restore
from app.backup.errors import (
    BackupDamaged,
    BackupMissing,
    DatabaseHasData,
    DatabaseInUse,
    DatabaseShared,
    NewerBackup,
    NotABackup,
    PresentNotCopied,
    RowsDoNotFit,
)
from app.backup.files import checksum_path
from app.db.base import db, session
from app.kernel.errors import RuleError
from tests.book import NOW
from tests.factories import make_company, make_customer
from tests.service.backup.contents import read_contents, restored_contents


@pytest.fixture
def put_back(app, settings) -> Callable[..., object]:
    """Restores into the test's own database, which is empty but for its tables."""
    return lambda path, **how: restore(path, instance=settings.instance_dir, now=NOW, **how)


def rewrite(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Puts other members into a portable backup, and takes the checksum beside it away."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    checksum_path(path).unlink(missing_ok=True)


def change_manifest(**facts: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **facts}).encode()

    return change


# --- damage -----------------------------------------------------------------------------------------------------------


def cut_short(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(1, len(content))]


def flip_a_bit(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    changed[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize("damage", [cut_short, flip_a_bit])
@pytest.mark.parametrize("kind", ["portable", "copy"])
def test_any_damage_is_refused_where_the_checksum_came_along(request, kind, damage, put_back):
    path: Path = request.getfixturevalue(kind)
    content, chance = path.read_bytes(), random.Random(11)
    for _ in range(10):
        path.write_bytes(damage(content, chance))
        with pytest.raises(BackupDamaged, match="not those of"):
            put_back(path)
    assert read_contents()["company"] == []


def test_a_portable_backup_needs_no_checksum_beside_it(portable: Path, put_back):
    """Its own contents tell. Bits that mean nothing, such as a member's date, may flip."""
    checksum_path(portable).unlink()
    content, chance, refused = portable.read_bytes(), random.Random(12), 0
    for number in range(40):
        portable.write_bytes((cut_short if number % 2 else flip_a_bit)(content, chance))
        try:
            put_back(portable, replace=True, without_copy=True)
        except (BackupDamaged, NotABackup, NewerBackup):
            refused += 1
        else:
            assert verify_is_clean()
    assert refused > 30


def verify_is_clean() -> bool:
    from app.verify import verify

    clean = verify(NOW).is_ok
    session().rollback()
    return clean


def test_a_copy_cut_short_is_refused_without_its_checksum(copy: Path, put_back):
    checksum_path(copy).unlink()
    content = copy.read_bytes()
    for length in (100, 4_096, len(content) // 2, len(content) - 4_096):
        copy.write_bytes(content[:length])
        with pytest.raises((BackupDamaged, NotABackup)):
            put_back(copy)
    assert read_contents()["company"] == []


def test_a_table_with_a_row_less_is_refused(portable: Path, put_back):
    def change(members: dict[str, bytes]) -> None:
        members["tables/customer.jsonl"] = members["tables/customer.jsonl"].partition(b"\n")[2]

    rewrite(portable, change)
    with pytest.raises(BackupDamaged, match=r"tables/customer\.jsonl is not what was written"):
        put_back(portable)


def test_a_missing_table_is_refused(portable: Path, put_back):
    rewrite(portable, lambda members: members.pop("tables/customer.jsonl") and None)
    with pytest.raises(BackupDamaged, match=r"tables/customer\.jsonl cannot be read"):
        put_back(portable)


@pytest.mark.parametrize("manifest", [b"{", b"[]", b"{}", b'{"format": "tillpaid-portable", "version": 1}'])
def test_contents_that_say_nothing_are_refused(portable: Path, put_back, manifest):
    rewrite(portable, lambda members: members.update({"manifest.json": manifest}))
    with pytest.raises((BackupDamaged, NotABackup)):
        put_back(portable)


def test_a_row_that_does_not_fit_takes_everything_back(portable: Path, put_back):
    """The checksum is right, the row is not: the database is as it was before."""
    make_company()
    before = read_contents()

    def change(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"])
        table = next(table for table in manifest["tables"] if table["name"] == "payment")
        lines = members["tables/payment.jsonl"].splitlines(keepends=True)
        lines[0] = json.dumps([None] * len(table["columns"])).encode() + b"\n"
        members["tables/payment.jsonl"] = b"".join(lines)
        table["sha256"] = hashlib.sha256(b"".join(lines)).hexdigest()
        members["manifest.json"] = json.dumps(manifest).encode()

    rewrite(portable, change)
    with pytest.raises(RowsDoNotFit, match="payment"):
        put_back(portable, replace=True)
    assert read_contents() == before
    assert verify_is_clean()


# --- not ours, or not yet ---------------------------------------------------------------------------------------------


def foreign_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")


def foreign_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (id INTEGER PRIMARY KEY)")


@pytest.mark.parametrize(
    "make",
    [foreign_zip, foreign_database, lambda path: path.write_bytes(b""), lambda path: path.write_text("a letter")],
)
def test_a_file_that_is_no_backup_is_refused(tmp_path: Path, put_back, make):
    make(tmp_path / "file")
    with pytest.raises(NotABackup, match="neither"):
        put_back(tmp_path / "file")


def test_a_missing_file_is_named(tmp_path: Path, put_back):
    with pytest.raises(BackupMissing, match="gone"):
        put_back(tmp_path / "gone")


@pytest.mark.parametrize(("facts", "said"), [({"version": 2}, "format 2"), ({"revision": "from_the_future"}, "future")])
def test_a_portable_backup_of_a_newer_version_is_refused(portable: Path, put_back, facts, said):
    rewrite(portable, change_manifest(**facts))
    with pytest.raises(NewerBackup, match=said):
        put_back(portable)


def test_a_copy_of_a_newer_version_is_refused(copy: Path, put_back):
    with sqlite3.connect(copy) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("DELETE FROM alembic_version")
        connection.execute("INSERT INTO alembic_version VALUES ('from_the_future')")
    checksum_path(copy).unlink()
    with pytest.raises(NewerBackup, match="from_the_future"):
        put_back(copy)


# --- where it would do harm -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["portable", "copy"])
def test_a_database_with_data_is_replaced_only_when_told_and_copied_first(request, kind, put_back, settings):
    path = request.getfixturevalue(kind)
    make_company()
    make_customer("Here before")
    before = read_contents()
    with pytest.raises(DatabaseHasData, match="--replace"):
        put_back(path)
    assert read_contents() == before

    done = put_back(path, replace=True)
    assert done.kept.parent == settings.instance_dir / "backups"
    assert [row[4] for row in read_contents()["customer"]] != ["Here before"]
    put_back(done.kept, replace=True, without_copy=True)
    assert restored_contents() == before


def test_what_cannot_be_copied_is_not_replaced_unless_told(portable: Path, put_back, monkeypatch):
    make_company()

    def fail(*_arguments: object, **_named: object) -> None:
        raise RuleError("The disk is full.")

    monkeypatch.setattr("app.backup.restoring.keep_copy", fail)
    with pytest.raises(PresentNotCopied, match=r"The disk is full\)"):
        put_back(portable, replace=True)
    assert len(read_contents()["customer"]) == 0
    put_back(portable, replace=True, without_copy=True)
    assert len(read_contents()["customer"]) == 4


def test_a_database_that_is_not_ours_alone_is_left_alone(portable: Path, put_back):
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE songs (id INTEGER PRIMARY KEY)"))
    with pytest.raises(DatabaseShared, match="songs"):
        put_back(portable, replace=True)


def test_traces_of_a_worker_are_no_data(portable: Path, put_back):
    with db.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO heartbeat (owner, started_at, beat_at) VALUES ('host:1', :now, :now)"), {"now": str(NOW)}
        )
    put_back(portable)
    assert len(read_contents()["customer"]) == 4


def test_a_database_others_hold_on_to_is_not_waited_for_for_ever(copy: Path, put_back, settings, monkeypatch):
    """Here a reader that never ends; on PostgreSQL the server's own limit on waiting is asked for."""
    monkeypatch.setattr(copies, "MOST_REFUSALS", 3)
    monkeypatch.setattr("app.db.base.BUSY_TIMEOUT_MS", 50)
    if db.engine.dialect.name == "sqlite":
        reader = sqlite3.connect(db.engine.url.database)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM company").fetchall()
        with pytest.raises(DatabaseInUse, match="Stop the web server"):
            put_back(copy)
        reader.close()
    else:
        monkeypatch.setattr("app.db.upgrade.LOCK_TIMEOUT_MS", 50)
        with db.engine.connect() as reader:
            reader.execute(text("SELECT * FROM company"))
            with pytest.raises(DatabaseInUse, match="Stop the web server"):
                put_back(copy)
    assert read_contents()["company"] == []
    put_back(copy)
    assert len(read_contents()["company"]) == 1
