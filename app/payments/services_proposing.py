"""Keeps what matching proposes for lines of the bank: made anew for some hundred at once, in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select, update

from app.company.queries import find_company
from app.db.base import session
from app.db.bulk import insert_rows
from app.kernel.money import to_minor
from app.payments.models_bank import LineState, StatementEntry, StatementLine
from app.payments.models_cash import MatchProposal
from app.payments.queries_cash import describe, list_taken_back
from app.payments.queries_matching import read_book, read_names
from app.payments.queries_refunds_back import list_sent
from app.payments.queries_returned import list_open_opposites, list_opposites
from app.payments.rules_cash import LineKind
from app.payments.rules_matching import Action, Policy, Proposal, propose
from app.payments.rules_names import NameIndex

BATCH = 500
KINDS = {
    Action.ALLOCATE: LineKind.SETTLE,
    Action.REVERSE: LineKind.REVERSE,
    Action.CHARGE: LineKind.CHARGE,
    Action.REFUND: LineKind.REFUND,
    Action.REFUND_BACK: LineKind.REFUND_BACK,
    Action.CANCEL: LineKind.CANCEL,
}


def propose_lines(line_ids: Collection[int], *, now: datetime) -> int:
    """Stores what matching proposes for those of the lines that are open, instead of what it did before; how many.

    A line that takes another one back says something about that one too, so both are looked at.
    """
    wanted = sorted({*line_ids, *list_open_opposites(line_ids)})
    names, policy, looked_at = None, read_matching_policy(), 0
    for start in range(0, len(wanted), BATCH):
        names = names or read_names()
        looked_at += _propose_batch(wanted[start : start + BATCH], names, policy, now)
    return looked_at


def read_matching_policy() -> Policy:
    company = find_company()
    if company is None:
        return Policy(usual_fee=0)
    fee = to_minor(Decimal(company.usual_bank_fee or 0), company.currency)
    return Policy(usual_fee=fee, only_propose=company.matching != "certain")


def _propose_batch(line_ids: Sequence[int], names: NameIndex, policy: Policy, now: datetime) -> int:
    lines = _hold_open(line_ids)
    if not lines:
        return 0
    entries = _read_entries(lines)
    again = list_taken_back([line.id for line in lines])
    pairs = [(line, entries[line.entry_id]) for line in lines]
    opposites, refunds = list_opposites(pairs), list_sent(pairs)
    said = {
        line.id: describe(
            line, entry, was_taken_back=line.id in again, opposites=opposites.get(line.id, ()),
            refunds=refunds.get(line.id, ()),
        )
        for line, entry in pairs
    }  # fmt: skip
    book = read_book(said.values(), names)
    ids = list(said)
    session().execute(delete(MatchProposal).where(MatchProposal.line_id.in_(ids)))
    rows = [row for line_id, one in said.items() for row in _rows(line_id, propose(one, book, policy), now)]
    insert_rows(MatchProposal, rows)
    session().execute(update(StatementLine).where(StatementLine.id.in_(ids)).values(proposed_at=now))
    return len(ids)


def _hold_open(line_ids: Sequence[int]) -> Sequence[StatementLine]:
    """Those that are open, held, so that nobody proposes beside us or for what was placed meanwhile."""
    chosen = select(StatementLine).where(StatementLine.id.in_(line_ids), StatementLine.state == LineState.OPEN)
    held = chosen.order_by(StatementLine.id).with_for_update().execution_options(populate_existing=True)
    return session().scalars(held).all()


def _read_entries(lines: Iterable[StatementLine]) -> dict[int, StatementEntry]:
    chosen = select(StatementEntry).where(StatementEntry.id.in_({line.entry_id for line in lines}))
    return {entry.id: entry for entry in session().scalars(chosen)}


def _rows(line_id: int, proposals: Sequence[Proposal], now: datetime) -> Iterable[dict[str, Any]]:
    for rank, one in enumerate(proposals, start=1):
        yield {
            "line_id": line_id,
            "rank": rank,
            "kind": KINDS[one.action],
            "score": one.score,
            "is_certain": one.is_certain,
            "customer_id": one.customer_id,
            "payment_id": one.payment_id,
            "other_line_id": one.other_line_id,
            "refund_id": one.refund_id,
            "reasons": list(one.reasons),
            "shares": [list(share) for share in one.shares],
            "deduction": one.deduction._asdict() if one.deduction else None,
            "made_at": now,
        }
