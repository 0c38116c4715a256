"""Give no invoice the row number of a deleted draft

SQLite gives the row number of a deleted last row to the next one, and then the page, the timeline and the run of the
one are those of the other. PostgreSQL never did.

Revision ID: b7c3d91e05fa
Revises: a4adfaecccbf
Made: 2026-11-22 19:40:00
"""

import sqlalchemy as sa
from alembic import op

revision = "b7c3d91e05fa"
down_revision = "a4adfaecccbf"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _build_again()


def _build_again() -> None:
    bind = op.get_bind()
    stored = "SELECT sql FROM sqlite_master WHERE tbl_name = 'invoice' AND type = :kind AND sql IS NOT NULL"
    written = bind.execute(sa.text(stored), {"kind": "table"}).scalar_one()
    indexes = bind.execute(sa.text(stored), {"kind": "index"}).scalars().all()
    _head, _, columns = written.partition("(")
    columns = columns.replace("id INTEGER NOT NULL", "id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT", 1)
    columns = columns.replace("CONSTRAINT pk_invoice PRIMARY KEY (id),", "", 1)
    last = (
        "SELECT 'invoice', MAX(id) FROM (SELECT id FROM invoice UNION ALL "
        "SELECT object_id FROM audit_entry WHERE object_kind = 'invoice' UNION ALL SELECT 0)"
    )
    statements = [
        f"CREATE TABLE invoice_again ({columns}",
        "INSERT INTO invoice_again SELECT * FROM invoice",
        "DROP TABLE invoice",
        "ALTER TABLE invoice_again RENAME TO invoice",
        *indexes,
        "DELETE FROM sqlite_sequence WHERE name = 'invoice'",
        f"INSERT INTO sqlite_sequence (name, seq) {last}",
    ]
    for statement in statements:
        bind.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    raise NotImplementedError("Tillpaid goes forward only; an upgrade made a backup before it began")
