"""Know who was told, and what raised an exception.

Revision ID: eecd58435685
Revises: c731862ac843
Made: 2026-11-22 15:23:40.431649
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "eecd58435685"
down_revision = "c731862ac843"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("order_exception", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.Text(), server_default="", nullable=False))

    with op.batch_alter_table("task_escalation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_ids", sa.Text(), server_default="[]", nullable=False))
        batch_op.create_index(
            "ix_task_escalation_answer",
            ["notified_at", "id"],
            unique=False,
            sqlite_where=sa.text("notified_at IS NOT NULL AND stopped_at IS NULL"),
            postgresql_where=sa.text("notified_at IS NOT NULL AND stopped_at IS NULL"),
        )
    _remember_who_was_told()


def _remember_who_was_told() -> None:
    """Whoever got the mail of a step, as far as they still have that address."""
    connection = op.get_bind()
    mailed = connection.execute(
        sa.text(
            """
            SELECT DISTINCT m.object_id, u.id FROM message m JOIN "user" u ON lower(u.email) = lower(m.recipient)
            WHERE m.kind = 'task.escalation' AND m.object_kind = 'task_escalation' ORDER BY m.object_id, u.id
            """
        )
    )
    told: dict[int, list[int]] = {}
    for step_id, user_id in mailed:
        told.setdefault(step_id, []).append(user_id)
    for step_id, people in told.items():
        connection.execute(
            sa.text("UPDATE task_escalation SET told_ids = :people WHERE id = :step"),
            {"people": json.dumps(people, separators=(",", ":")), "step": step_id},
        )


def downgrade() -> None:
    raise NotImplementedError("Tillpaid goes forward only; an upgrade made a backup before it began")
