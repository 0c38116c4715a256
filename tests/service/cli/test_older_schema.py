"""A database of an older version: the command line says what to run instead of breaking."""

from __future__ import annotations

from click.testing import CliRunner
from sqlalchemy import text

from app.cli import main
from app.db.unit_of_work import unit_of_work


def test_a_database_that_lacks_a_column_is_told_apart_from_a_fault(app, settings, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TILLPAID_INSTANCE_DIR", str(settings.instance_dir))
    with unit_of_work() as connection:
        connection.execute(text("ALTER TABLE invoice RENAME COLUMN reason_code TO reason_of_old"))
    done = CliRunner().invoke(main, ["invoices", "export", "INV-1", "--format", "pdf", "--output", "x.pdf"])
    assert (done.exit_code, done.output) == (
        1,
        "Error: The database has no schema of this version yet. Run: tillpaid init\n",
    )
