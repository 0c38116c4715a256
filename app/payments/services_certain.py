"""Places the lines of the bank that matching is certain of, each in a savepoint: a refusal stays on its line."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from app.company.queries import business_today, get_company
from app.customers.services import lock_customer
from app.db.base import session
from app.kernel.errors import TillpaidError
from app.payments.models_bank import LineState, StatementEntry, StatementLine
from app.payments.models_cash import MatchProposal
from app.payments.rules import Share
from app.payments.rules_cash import MATCHING, LineKind
from app.payments.services_cash import accept, accept_refund_back, reverse_by_line


class Allocated(NamedTuple):
    """How many lines were placed, and which were refused: those want to be proposed anew."""

    placed: int
    refused: list[int]


def allocate_certain(line_ids: Collection[int], *, now: datetime) -> Allocated:
    """Places what is certain, if the company's policy says so; a refused one stays open with the reason."""
    if get_company().matching != "certain":
        return Allocated(0, [])
    certain = _hold_certain(line_ids, business_today(now))
    for customer_id in sorted({one.customer_id for _, one in certain if one.customer_id is not None}):
        lock_customer(customer_id)
    refused = [line.id for line, proposal in certain if not _place_certain(line, proposal, now)]
    return Allocated(len(certain) - len(refused), refused)


def _hold_certain(line_ids: Collection[int], today: date) -> list[tuple[StatementLine, MatchProposal]]:
    """The open lines among these that are booked and whose best proposal is certain, held in order."""
    chosen = (
        select(StatementLine, MatchProposal)
        .join(MatchProposal, MatchProposal.line_id == StatementLine.id)
        .join(StatementEntry, StatementEntry.id == StatementLine.entry_id)
        .where(
            StatementLine.id.in_(line_ids), StatementLine.state == LineState.OPEN, MatchProposal.rank == 1,
            MatchProposal.is_certain, StatementEntry.booked_on <= today,
        )
        .order_by(StatementLine.id)
        .with_for_update(of=StatementLine)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    return [(line, proposal) for line, proposal in session().execute(chosen)]


def _place_certain(line: StatementLine, proposal: MatchProposal, now: datetime) -> bool:
    """In a savepoint of its own: whether it could be placed. A refusal is kept on the line."""
    try:
        with session().begin_nested():
            _follow(line, proposal, now)
    except TillpaidError as refusal:
        line.refusal = str(refusal)[:500]
        return False
    return True


def _follow(line: StatementLine, proposal: MatchProposal, now: datetime) -> None:
    if proposal.kind is LineKind.SETTLE and proposal.customer_id is not None:
        shares = [Share(*share) for share in proposal.shares]
        accept(line.id, customer_id=proposal.customer_id, shares=shares, version=line.version, actor=MATCHING, now=now)
    elif proposal.kind is LineKind.REVERSE and proposal.payment_id is not None:
        reverse_by_line(line.id, payment_id=proposal.payment_id, version=line.version, actor=MATCHING, now=now)
    elif proposal.kind is LineKind.REFUND_BACK and proposal.refund_id is not None:
        accept_refund_back(line.id, refund_id=proposal.refund_id, version=line.version, actor=MATCHING, now=now)
