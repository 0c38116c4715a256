"""Each test finds a database with the whole schema and nothing in it, on both engines."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, inspect, text

from app.db.base import Base
from config import Settings


@pytest.mark.parametrize("time", ["first", "second"])
def test_what_one_test_writes_the_next_does_not_find(settings: Settings, time: str) -> None:
    engine = create_engine(settings.effective_database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (id INTEGER)"))
    engine.dispose()


def test_every_table_of_the_models_is_there(settings: Settings) -> None:
    engine = create_engine(settings.effective_database_url)
    assert set(inspect(engine).get_table_names()) - {"alembic_version"} == set(Base.metadata.tables)
    engine.dispose()


def test_the_engine_is_the_one_the_test_is_named_for(settings: Settings, engine_name: str) -> None:
    assert settings.effective_database_url.startswith(engine_name)
