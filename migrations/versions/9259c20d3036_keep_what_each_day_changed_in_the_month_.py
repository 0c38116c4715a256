"""Keep what each day changed in the month snapshots.

Revision ID: 9259c20d3036
Revises: 233b84494a2c
Made: 2026-11-23 01:28:34.990242
"""

import sqlalchemy as sa
from alembic import op

revision = "9259c20d3036"
down_revision = "233b84494a2c"
branch_labels = None
depends_on = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_snapshot_change",
        sa.Column("snapshot_id", _WHOLE, nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("customer_id", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("item", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("amount", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint(
            "snapshot_id", "effective_on", "customer_id", "currency", "item", name=op.f("pk_ledger_snapshot_change")
        ),
        sqlite_with_rowid=False,
    )
    _fill()


def _fill() -> None:
    """The snapshots that stand get the changes of their months too."""
    snapshot = sa.table(
        "ledger_snapshot", sa.column("id"), sa.column("month_end", sa.Date), sa.column("up_to_position")
    )
    changes = sa.text(
        """
        INSERT INTO ledger_snapshot_change
               (snapshot_id, effective_on, customer_id, currency, item, due_on, amount)
        SELECT :snapshot_id, effective_on, customer_id, currency, COALESCE(item, 0), due_on, SUM(amount)
          FROM ledger_entry
         WHERE effective_on BETWEEN :first_day AND :last_day AND position <= :up_to
         GROUP BY effective_on, customer_id, currency, COALESCE(item, 0), due_on HAVING SUM(amount) <> 0
        """
    ).bindparams(
        sa.bindparam("snapshot_id", type_=_WHOLE),
        sa.bindparam("first_day", type_=sa.Date),
        sa.bindparam("last_day", type_=sa.Date),
        sa.bindparam("up_to", type_=_WHOLE),
    )
    for number, last_day, up_to in op.get_bind().execute(sa.select(snapshot)).all():
        values = {"snapshot_id": number, "first_day": last_day.replace(day=1), "last_day": last_day, "up_to": up_to}
        op.get_bind().execute(changes, values)


def downgrade() -> None:
    raise NotImplementedError("Tillpaid goes forward only; an upgrade made a backup before it began")
