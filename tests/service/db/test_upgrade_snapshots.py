"""Month snapshots from before the daily changes get those of their month, as known when they were taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, MetaData, create_engine, text

from app.db.base import prepare_engine
from app.db.upgrade import rebuild
from tests.harness.databases import EngineName, make_empty
from tests.harness.session import Run
from tests.service.db.test_upgrade_handoff import AT, put

BEFORE = "9809b2f8ec45"
ENTRIES = [  # effective on, item, amount
    (date(2026, 1, 31), 1, 5),
    (date(2026, 2, 1), 2, 100),
    (date(2026, 2, 28), 2, -30),
    (date(2026, 2, 28), 2, -7),
    (date(2026, 2, 9), None, -40),
    (date(2026, 2, 9), None, 40),
    (date(2026, 2, 2), 2, -1),
]


@pytest.fixture
def empty(engine_name: EngineName, test_run: Run, tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(make_empty(engine_name, test_run, tmp_path))
    prepare_engine(engine)
    yield engine
    engine.dispose()


def fill(connection: Connection) -> None:
    """Seven entries, the last of them behind a snapshot of February that knows six."""
    known = MetaData()
    known.reflect(connection)
    for position, (day, item, amount) in enumerate(ENTRIES, 1):
        put(
            connection, known, "ledger_entry", position=position, recorded_at=AT, effective_on=day, customer_id=9,
            currency="EUR", item=item, due_on=date(2026, 3, 1) if item else None, amount=amount,
            late=position == 7, kind="x", document=None, instalment=None, reverses=None,
        )  # fmt: skip
    put(connection, known, "ledger_snapshot", id=1, month_end=date(2026, 2, 28), up_to_position=6, taken_at=AT)


def test_an_older_snapshot_knows_what_each_day_changed(empty: Engine) -> None:
    rebuild(empty, BEFORE, fill=fill, finish=lambda _connection: None)
    with empty.begin() as connection:
        columns = "snapshot_id, effective_on, item, amount"
        changes = connection.execute(text(f"SELECT {columns} FROM ledger_snapshot_change ORDER BY effective_on"))
        assert [(row[0], str(row[1]), *row[2:]) for row in changes] == [
            (1, "2026-02-01", 2, 100),
            (1, "2026-02-28", 2, -37),
        ]
