"""Finds what the cash desk put right: payments taken back as if they had never been, and returns that were none."""

from __future__ import annotations

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from app.db.base import session
from app.payments.models import Payment, PaymentReversal
from app.payments.models_cash import LineMatch
from app.payments.rules_cash import LineKind


def list_corrections(customer_id: int) -> list[tuple[str, str]]:
    """Pairs of causes in the ledger of which the second took the first back, in the order in which they were made."""
    gone, standing = aliased(Payment), aliased(Payment)
    again = and_(  # what stands where a return was undone
        standing.recorded_at == LineMatch.undone_at,
        standing.customer_id == gone.customer_id,
        standing.amount == gone.amount,
        standing.received_on == PaymentReversal.reversed_on,
    )
    chosen = (
        select(LineMatch.kind, gone.id, standing.id)
        .join(PaymentReversal, PaymentReversal.payment_id == gone.id)
        .join(LineMatch, LineMatch.payment_id == gone.id)
        .outerjoin(standing, again)
        .where(gone.customer_id == customer_id, LineMatch.undone_at.is_not(None))
        .order_by(LineMatch.id)
    )
    return [
        (f"payment:{taken}", f"payment_reversal:{taken}")
        if kind is LineKind.SETTLE
        else (f"payment_reversal:{taken}", f"payment:{back}")
        for kind, taken, back in session().execute(chosen)
    ]
