"""Order tasks by their clock.

Revision ID: d1ff8e4681b0
Revises: c264a76a62f9
Made: 2026-11-22 15:01:25.551568
"""

import sqlalchemy as sa
from alembic import op

revision = "d1ff8e4681b0"
down_revision = "c264a76a62f9"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "clock_due_at", sa.DateTime(timezone=True), server_default="9999-01-01 00:00:00.000000", nullable=False
            )
        )
    op.execute("UPDATE task SET clock_due_at = sla_due_at WHERE sla_due_at IS NOT NULL")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_sla_due"))
        batch_op.create_index("ix_task_clock", ["state", "clock_due_at", "id"], unique=False)
        batch_op.create_index(
            "ix_task_department_clock", ["department_code", "state", "clock_due_at", "id"], unique=False
        )


def downgrade() -> None:
    raise NotImplementedError("Tillpaid goes forward only; an upgrade made a backup before it began")
