"""Keep versions of playbooks, and what tasks ask for.

Revision ID: 7c1e5a90b2d4
Revises: e07533066d6a
Made: 2026-11-22 12:05:00.000000
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "7c1e5a90b2d4"
down_revision = "e07533066d6a"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "playbook_version",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("order_type", sa.Text(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_type"], ["playbook.order_type"], name=op.f("fk_playbook_version_order_type_playbook")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_version")),
        sa.UniqueConstraint("order_type", "number", name=op.f("uq_playbook_version_order_type_number")),
    )
    op.create_table(
        "order_plan",
        sa.Column("order_id", NUMBER, nullable=False),
        sa.Column("playbook_version_id", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_order_plan_order_id_sales_order")),
        sa.ForeignKeyConstraint(
            ["playbook_version_id"],
            ["playbook_version.id"],
            name=op.f("fk_order_plan_playbook_version_id_playbook_version"),
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_plan")),
    )
    with op.batch_alter_table("playbook", schema=None) as batch_op:
        batch_op.add_column(sa.Column("live_number", NUMBER, nullable=True))
        batch_op.add_column(sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False))
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("target_minutes", NUMBER, nullable=True))
        batch_op.add_column(sa.Column("evidence", sa.String(length=40), server_default="none", nullable=False))
        batch_op.add_column(sa.Column("evidence_label", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("evidence_text", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("evidence_document_id", NUMBER, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_task_evidence_document_id_document"), "document", ["evidence_document_id"], ["id"]
        )
    _keep_what_there_is()
    op.drop_table("playbook_step")


def _keep_what_there_is() -> None:
    """The steps there are become version 1, live, and every order with tasks was planned from it."""
    connection = op.get_bind()
    steps = _read_steps(connection)
    since = connection.execute(sa.text("SELECT MIN(opened_at) FROM sales_order")).scalar()
    insert = sa.text(
        "INSERT INTO playbook_version (order_type, number, name, steps, changes, saved_by, saved_at)"
        " VALUES (:order_type, 1, :name, :steps, 'as it was before versions were kept', 'system:setup',"
        " COALESCE(:since, CURRENT_TIMESTAMP))"
    )
    for order_type, name in connection.execute(sa.text("SELECT order_type, name FROM playbook")).all():
        words = json.dumps(steps.get(order_type, []), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        connection.execute(insert, {"order_type": order_type, "name": name, "steps": words, "since": since})
    connection.execute(sa.text("UPDATE playbook SET live_number = 1"))
    connection.execute(
        sa.text(
            "INSERT INTO order_plan (order_id, playbook_version_id) SELECT o.id, v.id FROM sales_order o"
            " JOIN playbook_version v ON v.order_type = CASE WHEN o.order_type IN (SELECT order_type FROM playbook)"
            " THEN o.order_type ELSE 'standard' END WHERE EXISTS (SELECT 1 FROM task t WHERE t.order_id = o.id)"
        )
    )


def _read_steps(connection: sa.Connection) -> dict[str, list[dict[str, object]]]:
    steps: dict[str, list[dict[str, object]]] = {}
    rows = connection.execute(
        sa.text(
            "SELECT order_type, code, title, department_code, due_after_days, is_required, prerequisites"
            " FROM playbook_step ORDER BY order_type, position"
        )
    )
    for row in rows:
        steps.setdefault(row.order_type, []).append(
            {
                "code": row.code,
                "title": row.title,
                "department": row.department_code,
                "due_after_days": row.due_after_days,
                "prerequisites": json.loads(row.prerequisites),
                "is_required": bool(row.is_required),
                "target_minutes": None,
                "assignee_id": None,
                "evidence": "none",
                "evidence_label": "",
            }
        )
    return steps


def downgrade() -> None:
    raise NotImplementedError("Tillpaid goes forward only; an upgrade made a backup before it began")
