"""Knows what the trail must say about documents and money, entry for entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import select

from app.audit.models import AuditEntry
from app.audit.queries import broken_seals
from app.db.base import session
from app.invoices.models import Invoice, InvoiceState
from app.verify.invariant import Finding, Invariant, by_query

ROWS_AT_ONCE = 500
SAID_AT_ISSUE = ("number", "series", "period", "sequence", "fingerprint")


def find_changed_issues(_now: datetime) -> Iterator[Finding]:
    """I10, I11: number and fingerprint are those the trail noted when the document was issued."""
    columns = [getattr(Invoice, name) for name in SAID_AT_ISSUE]
    noted = (
        select(AuditEntry.detail, *columns)
        .join(Invoice, Invoice.id == AuditEntry.object_id)
        .where(AuditEntry.action == "invoice.issued", AuditEntry.object_kind == "invoice")
        .where(Invoice.state == InvoiceState.ISSUED, Invoice.origin == "own")
    )
    for row in session().execute(noted.execution_options(yield_per=ROWS_AT_ONCE)):
        for name in SAID_AT_ISSUE:
            if getattr(row, name) != row.detail.get(name):
                yield Finding(row.number, f"{name} {getattr(row, name)}, at issue {row.detail.get(name)}")


def find_broken_seals(_now: datetime) -> Iterable[Finding]:
    return [Finding(f"seal {broken.seal_id}", broken.reason) for broken in broken_seals()]


TRAIL = (
    by_query(
        "I10",
        "Every issued document of ours has exactly one entry in the trail that says so, one for each of its orders.",
        """
        SELECT i.number, 'entries: ' || COUNT(a.id)
        FROM invoice i
        LEFT JOIN audit_entry a ON a.object_kind = 'invoice' AND a.object_id = i.id AND a.action = 'invoice.issued'
        WHERE i.state = 'issued' AND i.origin = 'own'
        GROUP BY i.id, i.number
        HAVING COUNT(a.id) <> CASE COUNT(DISTINCT a.order_id) WHEN 0 THEN 1 ELSE COUNT(DISTINCT a.order_id) END
        """,
    ),
    Invariant("I10", "An issued document has the number and the fingerprint it was issued with.", find_changed_issues),
    Invariant("I35", "The audit trail is as it was sealed.", find_broken_seals),
    by_query(
        "I36",
        "Every payment, and every placing, sending on and taking back of its money, has its entry in the trail.",
        """
        SELECT number, done || ' changes, ' || noted || ' entries'
        FROM (SELECT p.number,
                     CASE WHEN p.kind = 'credit' THEN 0 ELSE 1 END
                       + (SELECT COUNT(*) FROM allocation a WHERE a.payment_id = p.id)
                       + (SELECT COUNT(*) FROM payment_outflow o WHERE o.payment_id = p.id)
                       + (SELECT COUNT(*) FROM payment_reversal r WHERE r.payment_id = p.id) AS done,
                     (SELECT COUNT(*) FROM audit_entry e WHERE e.object_kind = 'payment' AND e.object_id = p.id
                      AND e.action IN ('payment.recorded', 'payment.allocated', 'payment.allocation_undone',
                                       'payment.reversed', 'payment.received_by_transfer', 'payment.transferred',
                                       'payment.transfer_undone', 'refund.approved', 'refund.cancelled',
                                       'refund.returned', 'refund.not_returned')) AS noted
              FROM payment p WHERE COALESCE(p.source, '') <> 'history') AS counted
        WHERE done <> noted
        """,
    ),
)
