"""Issuing costs the same beside ten invoices or ten thousand: what it reads is found by key."""

import re

import pytest
from sqlalchemy import text

from app.db.base import db, is_sqlite, session
from app.invoices.queries_parts import choose_documents
from tests.harness.plans import explain

pytestmark = pytest.mark.usefixtures("app")


def test_what_bills_an_order_is_found_by_the_order():
    plan = explain(choose_documents(1))
    assert "ix_invoice_order_id" in plan
    assert "ix_invoice_kind" not in plan
    assert "ix_invoice_state" not in plan


def test_the_guard_against_replacing_looks_for_the_key_alone():
    """PostgreSQL has no REPLACE, so there is no such guard."""
    stored = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'guard_%_replace%'"
    guards = session().scalars(text(stored)).all() if is_sqlite(db.engine) else []
    assert bool(guards) is is_sqlite(db.engine)
    for guard in guards:
        condition = re.search(r"WHEN EXISTS \((.*)\) BEGIN", guard, re.DOTALL)
        assert condition, guard
        query = re.sub(r"\b(NEW|OLD)\.\w+", "1", condition[1])
        plan = session().connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
        assert not [row for row in plan if "SCAN kept" in row[3] or "(state=" in row[3]], query
