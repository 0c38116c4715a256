"""Between versions: an upgrade copies first, and a backup of an older version becomes one of this version."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text

from app.backup import back_up, restore
from app.backup.upgrading import upgrade_with_copy
from app.db import upgrade as upgrading
from app.db.base import db, session
from app.kernel.errors import RuleError
from tests.book import NOW
from tests.factories import make_company, make_customer
from tests.service.backup.contents import read_contents

OLD = """
from alembic import op
from app.db.base import Base
revision, down_revision = "old", None

def upgrade():
    Base.metadata.create_all(op.get_bind())
    op.drop_column("customer", "phone")
"""
NEW = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "new", "old"

def upgrade():
    op.add_column("customer", sa.Column("phone", sa.Text(), nullable=False, server_default="unknown"))
"""


@pytest.fixture
def two_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Tillpaid with two versions of its schema: the older one kept no telephone numbers."""
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions.parent / "env.py").write_text((upgrading.MIGRATIONS / "env.py").read_text())
    (versions / "old.py").write_text(OLD)
    (versions / "new.py").write_text(NEW)
    monkeypatch.setattr(upgrading, "MIGRATIONS", versions.parent)


@pytest.fixture
def old(two_versions: None, engine_name, open_empty) -> Path:
    """A database of the older version with a customer in it; the folder of its instance."""
    app = open_empty(engine_name)
    with db.engine.begin() as connection:
        command.upgrade(upgrading._config(connection), "old")
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE customer ADD COLUMN phone TEXT NOT NULL DEFAULT ''"))
    make_company()
    make_customer("Of old")
    session().close()
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE customer DROP COLUMN phone"))
    folder: Path = app.extensions["tillpaid_settings"].instance_dir
    return folder


def phones() -> list[tuple[str, str]]:
    rows = session().execute(text("SELECT name, phone FROM customer")).all()
    session().rollback()
    return [(row[0], row[1]) for row in rows]


def test_an_upgrade_of_a_database_with_data_begins_with_a_copy(old: Path):
    done = upgrade_with_copy(old, now=NOW)
    assert (done.changed, done.revision) == (True, "new")
    assert phones() == [("Of old", "unknown")]
    assert done.kept is not None
    assert done.kept.parent == old / "backups"
    assert done.kept.name.startswith("before-upgrade-20261122T090000Z")


def test_the_copy_before_an_upgrade_can_be_put_back(old: Path):
    kept = upgrade_with_copy(old, now=NOW).kept
    assert kept is not None
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE customer SET name = 'Spoilt'"))
    done = restore(kept, instance=old, replace=True, now=NOW)
    assert done.revision == "old"
    assert phones() == [("Of old", "unknown")]


def test_an_upgrade_that_cannot_copy_first_does_not_happen(old: Path):
    (old / "backups").write_text("a file where the folder should be")
    with pytest.raises((RuleError, OSError)):
        upgrade_with_copy(old, now=NOW)
    assert "phone" not in {column["name"] for column in inspect(db.engine).get_columns("customer")}


@pytest.mark.parametrize("portable", [False, True])
def test_a_backup_of_an_older_version_is_upgraded_on_its_way_in(old: Path, portable: bool, tmp_path: Path):
    made = back_up(tmp_path / "backup", db.engine, portable=portable, now=NOW)
    assert made.revision == "old"
    restore(made.path, instance=old, replace=True, without_copy=True, now=NOW)
    assert phones() == [("Of old", "unknown")]
    with db.engine.connect() as connection:
        assert upgrading.read_revisions(connection) == ("new",)
        assert upgrading.list_differences(connection) == []


def test_a_new_database_needs_no_copy_and_a_present_one_no_upgrade(engine_name, open_empty):
    folder = open_empty(engine_name).extensions["tillpaid_settings"].instance_dir
    first = upgrade_with_copy(folder, now=NOW)
    second = upgrade_with_copy(folder, now=NOW)
    assert (first.changed, first.kept) == (True, None)
    assert (second.changed, second.kept) == (False, None)
    assert not (folder / "backups").exists()
    assert read_contents()["company"] == []
