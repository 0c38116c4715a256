"""A company that was set up before the checklists gets them, and its deals know how often they were returned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, MetaData, create_engine, text

from app.db.base import prepare_engine
from app.db.upgrade import rebuild
from tests.harness.databases import EngineName, make_empty
from tests.harness.session import Run

BEFORE = "dd137c0da1a1"
AT = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def empty(engine_name: EngineName, test_run: Run, tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(make_empty(engine_name, test_run, tmp_path))
    prepare_engine(engine)
    yield engine
    engine.dispose()


def put(connection: Connection, known: MetaData, table: str, **values: Any) -> None:
    """A row with something in every column that needs it."""
    fillers: dict[type, Any] = {str: "x", int: 1, bool: False, date: AT.date(), datetime: AT}
    needed = {
        column.name: fillers[column.type.python_type]
        for column in known.tables[table].columns
        if not column.nullable and column.name not in values
    }
    connection.execute(known.tables[table].insert().values(**needed, **values))


def fill(connection: Connection) -> None:
    """A company, two deals, and the trail of one that went back twice."""
    known = MetaData()
    known.reflect(connection)
    put(connection, known, "company", id=1)
    put(connection, known, "customer", id=1)
    for number in (1, 2):
        put(connection, known, "deal", id=number, external_id=str(number), customer_id=1)
        put(connection, known, "audit_entry", id=number, action="deal.returned", object_kind="deal", object_id=2)


def test_an_older_company_gets_the_standard_lists_and_counts_its_returns(empty: Engine) -> None:
    rebuild(empty, BEFORE, fill=fill, finish=lambda _connection: None)
    with empty.begin() as connection:
        counts = "SELECT deal_type, count(*) FROM handoff_item GROUP BY deal_type ORDER BY deal_type"
        assert [tuple(row) for row in connection.execute(text(counts))] == [
            ("custom_build", 9), ("service", 7), ("standard", 6),
        ]  # fmt: skip
        returns = "SELECT returned_times FROM deal ORDER BY id"
        assert [row[0] for row in connection.execute(text(returns))] == [0, 2]
