"""Reads everything a database holds, as values both engines agree on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.db.base import Base, session


def read_contents() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the open application."""
    found = {
        table.name: [tuple(row) for row in session().execute(select(table).order_by(*table.primary_key.columns))]
        for table in Base.metadata.sorted_tables
    }
    session().rollback()
    return found


def restored_contents() -> dict[str, list[tuple[Any, ...]]]:
    """As `read_contents`, without the two traces a restore leaves: the quarantine and its entry in the trail."""
    found = read_contents()
    columns = [column.name for column in Base.metadata.tables["company"].columns]
    place = columns.index("quarantined_at")
    found["company"] = [(*row[:place], None, *row[place + 1 :]) for row in found["company"]]
    found["audit_entry"] = [row for row in found["audit_entry"] if "company.restored" not in row]
    return found
