"""Knows whether anything has happened in a database yet."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, literal, select, table

from app.db.upgrade import VERSION_TABLE

# What a worker writes into a database in which nothing has happened yet
TRACES = frozenset({VERSION_TABLE, "heartbeat", "slot", "sign_in_throttle"})


def has_data(connection: Connection) -> bool:
    """Whether any table that people's work goes into has a row."""
    present = set(inspect(connection).get_table_names())
    return any(_has_rows(connection, name) for name in sorted(present - TRACES))


def _has_rows(connection: Connection, name: str) -> bool:
    return connection.scalar(select(literal(1)).select_from(table(name)).limit(1)) is not None
