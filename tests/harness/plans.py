"""Asks the engine how it reads a list, so that a page costs the same wherever it stands."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, text

from app.db.base import db, is_sqlite, session
from app.web.keyset import Keyset, Order


def plan_of(statement: Select[Any], order: Order, place: list[Any], *, backwards: bool = False) -> str:
    """How the engine reads the page after this place, or before it."""
    keyset = Keyset(order)
    ordered = (
        statement.where(keyset._beyond(place, backwards=backwards)).order_by(*keyset._ordering(backwards)).limit(51)
    )
    return explain(ordered)


def explain(statement: Select[Any]) -> str:
    """How the engine reads what is asked, by an index where there is one."""
    compiled = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
    if is_sqlite(db.engine):
        return " ".join(str(row) for row in session().execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
    session().execute(text("SET LOCAL enable_seqscan = off"))
    session().execute(text("SET LOCAL enable_bitmapscan = off"))
    return " ".join(str(row) for row in session().execute(text(f"EXPLAIN {compiled}")))


def reads_in_order(plan: str) -> bool:
    """Whether an index gives the rows in order, so that nothing but equal keys is sorted."""
    plan = plan.replace("Incremental Sort", "").replace("Sort Key", "")
    return ("USING INDEX" in plan or "Index Scan" in plan) and "TEMP B-TREE" not in plan and "Sort" not in plan
