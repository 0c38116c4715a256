"""Say what the lines of a booking lack of its amount, such as a charge that was itemised and not kept.

Revision ID: 5d0c7ae91b34
Revises: 3fbef1cb40b2
Made: 2026-11-23 11:45:00.000000
"""

from alembic import op

revision = "5d0c7ae91b34"
down_revision = "3fbef1cb40b2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # rows that a backup brought back have not moved the counter of ids
        op.execute(
            "SELECT setval(pg_get_serial_sequence('statement_line', 'id'), GREATEST(MAX(id), 1), MAX(id) IS NOT NULL) FROM statement_line"
        )
    # An open line each: somebody sets it aside as a bank charge, or places it. What a line that another file replaced
    # says does not count.
    op.execute(
        """
        INSERT INTO statement_line (entry_id, position, amount, remittance, reference, end_to_end_id, mandate_id,
                                    party_name, party_account, return_reason, state, ignored_reason, refusal, version)
        SELECT e.id, MAX(l.position) + 1,
               e.amount - SUM(CASE WHEN l.ignored_reason = 'Its details came in with another file.' THEN 0
                                   ELSE l.amount END),
               'Bank charge, or what else is in the booking beside its lines', '', '', '', '', '', '',
               'open', '', '', 1
        FROM statement_entry e JOIN statement_line l ON l.entry_id = e.id
        GROUP BY e.id, e.amount
        HAVING e.amount <> SUM(CASE WHEN l.ignored_reason = 'Its details came in with another file.' THEN 0
                                    ELSE l.amount END)
        """
    )


def downgrade() -> None:
    raise NotImplementedError("Tillpaid goes forward only; an upgrade made a backup before it began")
