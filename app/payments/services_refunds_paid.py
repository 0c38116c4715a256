"""Finds among the open lines of the bank those with which it paid our refunds, and sets them aside as that."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import select

from app.company.queries import business_today, get_company
from app.db.base import session
from app.db.statements import in_chunks
from app.payments.models_bank import LineState, StatementEntry, StatementLine
from app.payments.models_settling import Refund
from app.payments.rules_cash import MATCHING, AsideCode
from app.payments.rules_settling import RefundState
from app.payments.services_aside import find_refund_of
from app.payments.services_cash import set_aside


def settle_refunds(line_ids: Collection[int], *, now: datetime) -> int:
    """Where the company lets matching place what is certain; how many refunds are paid now."""
    waits = select(Refund.id).where(Refund.state == RefundState.EXPORTED).limit(1)
    if get_company().matching != "certain" or session().scalar(waits) is None:
        return 0
    return sum(_settle(line, entry, now) for line, entry in _list_outgoing(line_ids, business_today(now)))


def _settle(line: StatementLine, entry: StatementEntry, now: datetime) -> bool:
    if line.return_reason or entry.is_reversal or find_refund_of(line, entry) is None:
        return False
    set_aside(line.id, reason_code=AsideCode.REFUND_PAID, version=line.version, actor=MATCHING, now=now)
    return True


def _list_outgoing(line_ids: Collection[int], today: date) -> list[tuple[StatementLine, StatementEntry]]:
    """The open lines that took money out until today, held in order."""
    found: list[tuple[StatementLine, StatementEntry]] = []
    for chunk in in_chunks(sorted(set(line_ids))):
        chosen = (
            select(StatementLine, StatementEntry)
            .join(StatementEntry, StatementEntry.id == StatementLine.entry_id)
            .where(StatementLine.id.in_(chunk), StatementLine.state == LineState.OPEN, StatementLine.amount < 0)
            .where(StatementEntry.booked_on <= today)
            .order_by(StatementLine.id)
            .with_for_update(of=StatementLine)
        )
        found += [(line, entry) for line, entry in session().execute(chosen)]
    return found
