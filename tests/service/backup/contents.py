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
    """As `read_contents`, without the traces of a restore: the quarantine, its entry in the trail, ended sign-ins."""
    found = read_contents()
    found["company"] = [without("company", row, quarantined_at=None) for row in found["company"]]
    found["user_session"] = [
        without("user_session", row, ended_at=None, ended_by="") if "system:restore" in row else row
        for row in found["user_session"]
    ]
    found["audit_entry"] = [row for row in found["audit_entry"] if "company.restored" not in row]
    return found


def without(table: str, row: tuple[Any, ...], **values: Any) -> tuple[Any, ...]:
    """The row with these values in the place of its own."""
    names = [column.name for column in Base.metadata.tables[table].columns]
    return tuple(values.get(name, value) for name, value in zip(names, row, strict=True))
