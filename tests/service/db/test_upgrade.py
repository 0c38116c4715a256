"""A database reaches the present schema by its versions, and that schema is what the models say, on both engines."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect, text

from app.db import upgrade as upgrading
from app.db.base import prepare_engine
from app.db.triggers import Guard, list_guards
from app.db.upgrade import NewerDatabase, list_differences, read_revisions, upgrade, write_revision
from config import Settings
from tests.harness.databases import EngineName, make_empty
from tests.harness.session import Run


@pytest.fixture
def empty(engine_name: EngineName, test_run: Run, tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(make_empty(engine_name, test_run, tmp_path))
    prepare_engine(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def from_models(settings: Settings) -> Iterator[Engine]:
    engine = create_engine(settings.effective_database_url)
    prepare_engine(engine)
    yield engine
    engine.dispose()


def describe(engine: Engine) -> dict[str, Any]:
    """Everything the database itself says about its tables."""
    look = inspect(engine)
    return {
        table: {
            "columns": {str(one["name"]): (str(one["type"]), one["nullable"]) for one in look.get_columns(table)},
            "primary key": look.get_pk_constraint(table)["constrained_columns"],
            "foreign keys": sorted(str(sorted(one.items(), key=str)) for one in look.get_foreign_keys(table)),
            "unique": sorted((str(one["name"]), one["column_names"]) for one in look.get_unique_constraints(table)),
            "checks": sorted((str(one["name"]), one["sqltext"]) for one in look.get_check_constraints(table)),
            "indexes": sorted(
                (str(one["name"]), str(one["column_names"]), one["unique"]) for one in look.get_indexes(table)
            ),
        }
        for table in look.get_table_names()
        if table != "alembic_version"
    }


def differences(engine: Engine) -> list[str]:
    with engine.begin() as connection:
        return list_differences(connection)


def test_the_versions_build_what_the_models_say(empty: Engine, from_models: Engine) -> None:
    assert upgrade(empty) is True
    assert differences(empty) == []
    assert describe(empty) == describe(from_models)
    assert upgrade(empty) is False, "a second upgrade finds nothing to do"


def test_two_processes_that_upgrade_at_once_do_it_once(empty: Engine) -> None:
    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(upgrade, [empty, empty])) == [False, True]
    assert differences(empty) == []


def test_a_lost_guard_is_noticed_and_put_back(from_models: Engine) -> None:
    guard = list_guards()[0]
    with from_models.begin() as connection:
        for statement in guard.drop(connection.dialect.name):
            connection.execute(text(statement))
    assert differences(from_models) == [f"guard {guard.name} is not as the code says"]
    assert upgrade(from_models) is True
    assert differences(from_models) == []


def test_a_database_of_a_newer_version_is_left_alone(from_models: Engine) -> None:
    with from_models.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('from_the_future')"))
    with pytest.raises(NewerDatabase, match="from_the_future"):
        upgrade(from_models)
    with from_models.begin() as connection:
        assert read_revisions(connection) == ("from_the_future",)


def test_a_column_the_models_do_not_know_is_reported(from_models: Engine) -> None:
    with from_models.begin() as connection:
        connection.execute(text("ALTER TABLE company ADD COLUMN forgotten INTEGER"))
    assert any("forgotten" in difference for difference in differences(from_models))


def test_a_version_is_written_although_a_guard_waits_for_the_table_it_makes(
    empty: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(upgrading.MIGRATIONS, tmp_path / "migrations")
    monkeypatch.setattr(upgrading, "MIGRATIONS", copy)
    monkeypatch.setattr(upgrading, "list_guards", lambda: [Guard("table_to_come", "UPDATE", "guard_to_come", "no")])
    assert write_revision(empty, "Nothing, the models and the versions agree") is None
