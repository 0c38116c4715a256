"""Alembic's entry: runs on the connection, and inside the transaction, that app.db.upgrade has opened."""

from __future__ import annotations

from alembic import context

from app.db.upgrade import COMPARISON, render_type, target_metadata


def run() -> None:
    if context.is_offline_mode():
        raise SystemExit("Migrations run on a database only: use `tillpaid init`.")
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=target_metadata(),
        render_as_batch=True,  # SQLite changes a column by building the table again
        render_item=render_type,
        **COMPARISON,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
