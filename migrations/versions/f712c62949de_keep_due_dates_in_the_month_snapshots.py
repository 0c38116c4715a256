"""Keep due dates in the month snapshots.

Revision ID: f712c62949de
Revises: b9f91262f0a0
Made: 2026-11-22 21:51:38.974661
"""

import sqlalchemy as sa
from alembic import op

revision = "f712c62949de"
down_revision = "b9f91262f0a0"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_index("ix_ledger_entry_effective", table_name="ledger_entry")
    op.create_index(
        "ix_ledger_entry_effective",
        "ledger_entry",
        ["effective_on", "position", "item", "customer_id", "currency", "due_on", "amount"],
    )
    # The rows change their order as well, customer first: copied out and in again
    op.execute(
        """
        CREATE TABLE kept_snapshot_row AS
        SELECT r.snapshot_id, r.customer_id, r.currency, r.item, e.due_on, r.amount
        FROM ledger_snapshot_row r LEFT JOIN ledger_entry e ON e.position = r.item
        """
    )
    op.drop_table("ledger_snapshot_row")
    op.create_table(
        "ledger_snapshot_row",
        sa.Column("snapshot_id", _WHOLE, nullable=False),
        sa.Column("customer_id", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("item", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("amount", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("snapshot_id", "customer_id", "currency", "item", name=op.f("pk_ledger_snapshot_row")),
        sqlite_with_rowid=False,
    )
    columns = "snapshot_id, customer_id, currency, item, due_on, amount"
    op.execute(f"INSERT INTO ledger_snapshot_row ({columns}) SELECT {columns} FROM kept_snapshot_row")
    op.drop_table("kept_snapshot_row")


def downgrade() -> None:
    raise NotImplementedError("Tillpaid goes forward only; an upgrade made a backup before it began")
