"""Damage to the database itself is found: in its pages, its references, its tables, indexes and guards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.backup.copies import copy_database
from app.db.base import db, is_sqlite, session
from app.db.triggers import list_guards
from app.verify import INVARIANTS, verify
from tests.book import NOW, Book, open_app

LOOKED_AT = [one for one in INVARIANTS if one.code in {"I40", "I42"}]
AUDIT_GUARD = next(guard for guard in list_guards() if guard.name == "guard_audit_entry_update")


def findings() -> list[tuple[str, str, str]]:
    verification = verify(NOW, LOOKED_AT)
    return [(broken.invariant.code, one.what, one.detail) for broken in verification.broken for one in broken.findings]


def run(*statements: str) -> None:
    for statement in statements:
        session().execute(text(statement))


def test_a_lost_guard_is_found(book: Book):
    run(*AUDIT_GUARD.drop(session().get_bind().dialect.name))
    assert findings() == [("I42", "schema", "guard guard_audit_entry_update is not as the code says")]


def test_a_guard_that_guards_nothing_is_found(book: Book):
    """Its name is there, its condition is never true."""
    dialect = session().get_bind().dialect.name
    statements = AUDIT_GUARD.create(dialect)
    weak = [one.replace("BEGIN", "WHEN 0 BEGIN" if dialect == "sqlite" else "BEGIN RETURN NEW;") for one in statements]
    run(*AUDIT_GUARD.drop(dialect), *weak)
    assert findings() == [("I42", "schema", "guard guard_audit_entry_update is not as the code says")]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DROP INDEX ix_audit_entry_customer", "ix_audit_entry_customer"),
        ("ALTER TABLE company ADD COLUMN forgotten INTEGER", "forgotten"),
        ("DROP TABLE mis_subscription", "mis_subscription"),
    ],
)
def test_a_table_index_or_column_that_is_not_ours_is_found(book: Book, statement: str, named: str):
    run(statement)
    assert [(code, named in detail) for code, _what, detail in findings()] == [("I42", True)]


# --- what only one engine can suffer ----------------------------------------------------------------------------------


def test_a_row_without_its_parent_is_found(book: Book):
    """PostgreSQL refuses such a row; what it cannot refuse is a constraint somebody added without a look."""
    if is_sqlite(db.engine):
        run("PRAGMA defer_foreign_keys = ON", "DELETE FROM customer_address WHERE id = 1")
        run("UPDATE customer_address SET customer_id = 999 WHERE id = 2")
        assert [(code, what) for code, what, _detail in findings()] == [("I40", "customer_address row 2")]
    else:
        run("ALTER TABLE customer ADD CONSTRAINT short_names CHECK (length(name) < 3) NOT VALID")
        assert [(code, what) for code, what, _detail in findings()] == [("I40", "short_names")]


def test_a_guard_that_is_switched_off_is_found(book: Book):
    if is_sqlite(db.engine):
        run(f"DROP TRIGGER {AUDIT_GUARD.name}")  # SQLite's triggers cannot be switched off, only dropped
        assert [code for code, _what, _detail in findings()] == ["I42"]
    else:
        run(f"ALTER TABLE audit_entry DISABLE TRIGGER {AUDIT_GUARD.name}")
        assert [(code, what) for code, what, _detail in findings()] == [("I40", AUDIT_GUARD.name)]


@pytest.fixture
def damaged(book: Book, tmp_path: Path) -> Iterator[None]:
    """A copy of the SQLite book in which an index lacks a row of its table; its application's context is open."""
    copy = tmp_path / "damaged.sqlite3"
    settings = book.app.extensions["tillpaid_settings"]
    if not is_sqlite(db.engine):
        run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = CAST('ix_audit_entry_customer' AS regclass)")
        yield
        return
    copy_database(Path(db.engine.url.database or ""), copy)
    connection = sqlite3.connect(copy)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        "UPDATE sqlite_master SET sql = replace(sql, '(customer_id, id)', '(invoice_id, id)') "
        "WHERE name = 'ix_audit_entry_customer'"
    )
    connection.commit()
    connection.close()
    with open_app(settings.model_copy(update={"database_url": f"sqlite:///{copy}"})):
        yield


def test_a_broken_index_is_found(damaged: None):
    assert "I40" in {code for code, _what, _detail in findings()}
