"""Keep tax codes with dated rates.

Revision ID: 9ba4f0902a75
Revises: 92cec01fd14e
Made: 2026-11-22 19:10:55.762923
"""

import sqlalchemy as sa
from alembic import op

revision = "9ba4f0902a75"
down_revision = "92cec01fd14e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tax_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_code")),
        sa.UniqueConstraint("code", name=op.f("uq_tax_code_code")),
    )
    op.create_table(
        "tax_code_part",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tax_code_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tax_code_id"], ["tax_code.id"], name=op.f("fk_tax_code_part_tax_code_id_tax_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_code_part")),
        sa.UniqueConstraint("tax_code_id", "position", name=op.f("uq_tax_code_part_tax_code_id_position")),
    )
    op.create_table(
        "tax_rate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["part_id"], ["tax_code_part.id"], name=op.f("fk_tax_rate_part_id_tax_code_part")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rate")),
        sa.UniqueConstraint("part_id", "valid_from", name=op.f("uq_tax_rate_part_id_valid_from")),
    )
    with op.batch_alter_table("deal_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tax_code", sa.Text(), nullable=True))

    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rates_kept", sa.Text(), server_default="", nullable=False))

    with op.batch_alter_table("invoice_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tax_code", sa.Text(), nullable=True))

    with op.batch_alter_table("recurring_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tax_code", sa.Text(), nullable=True))

    with op.batch_alter_table("sales_order_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tax_code", sa.Text(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("Tillpaid goes forward only; an upgrade made a backup before it began")
