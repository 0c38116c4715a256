"""Reads which lines wait for matching, and what became of the lines of a file, as the command line prints it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql import ColumnElement

from app.db.base import session
from app.kernel.money import format_decimal
from app.ledger.queries import select_changed
from app.payments.models_bank import BankStatement, LineState, StatementEntry, StatementLine, StatementPlace
from app.payments.models_cash import MatchProposal
from app.payments.queries import numbers_of, payment_numbers_of
from app.payments.rules_cash import LineKind

OLD = timedelta(hours=20)  # what is open may be named by an invoice issued since


def list_new(file_id: int) -> list[int]:
    """The open lines of a file that matching never looked at."""
    chosen = (
        select(StatementLine.id)
        .join(StatementPlace, StatementPlace.entry_id == StatementLine.entry_id)
        .join(BankStatement, BankStatement.id == StatementPlace.statement_id)
        .where(
            BankStatement.file_id == file_id,
            StatementLine.state == LineState.OPEN,
            StatementLine.proposed_at.is_(None),
        )
    )
    return sorted(set(session().scalars(chosen)))


def list_waiting(now: datetime, limit: int) -> list[int]:
    """Open lines that matching never looked at, or long ago, or before what is open changed."""
    looked_at = StatementLine.proposed_at
    is_waiting = or_(looked_at.is_(None), looked_at < now - OLD, _is_stale(now))
    chosen = select(StatementLine.id).where(StatementLine.state == LineState.OPEN, is_waiting)
    return list(session().scalars(chosen.order_by(StatementLine.id).limit(limit)))


def list_stale(now: datetime, limit: int, line_id: int | None = None) -> list[int]:
    """Open lines, or this one, with a suggestion from before the books of its customer changed; the newest first."""
    chosen = select(StatementLine.id).where(StatementLine.state == LineState.OPEN, _is_stale(now))
    if line_id is not None:
        chosen = chosen.where(StatementLine.id == line_id)
    return list(session().scalars(chosen.order_by(StatementLine.id.desc()).limit(limit)))


def _is_stale(now: datetime) -> ColumnElement[bool]:
    """Whatever changes what a customer owes or has with us is an entry of the ledger, whoever made it and where.

    Read from the open lines on: "+ 0" keeps the database from all the proposals a customer ever had.
    """
    news = select_changed(now - OLD).subquery()
    opened = aliased(StatementLine)
    overtaken = (
        select(MatchProposal.line_id)
        .join(opened, and_(opened.id == MatchProposal.line_id, opened.state == LineState.OPEN))
        .join(news, news.c.customer_id == MatchProposal.customer_id + 0)
        .where(MatchProposal.made_at <= news.c.at)
    )
    return StatementLine.id.in_(overtaken)


def matches_of(file_id: int) -> dict[int, list[dict[str, Any]]]:
    """What the lines of a file were matched with, by statement id; those set aside or of nothing are left out."""
    rows = _list_rows(file_id)
    shares = {row.MatchProposal.line_id: row.MatchProposal.shares for row in rows if row.MatchProposal}
    names = numbers_of(invoice_id for each in shares.values() for invoice_id, *_ in each)
    payments = payment_numbers_of([row.MatchProposal.payment_id for row in rows if row.MatchProposal])
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        one = row.MatchProposal
        found[row.statement_id].append(
            {
                "line": row.position,
                "proposal": _name(one, names, payments) if one else None,
                "amount": format_decimal(row.amount, row.currency),
                "score": one.score if one else 0,
                "reasons": one.reasons if one else [],
                "state": "allocated" if row.state is LineState.MATCHED else "proposed" if one else "unknown",
            }
        )
    return found


def _list_rows(file_id: int) -> Sequence[Any]:
    best = and_(MatchProposal.line_id == StatementLine.id, MatchProposal.rank == 1)
    columns: list[Any] = [StatementPlace.statement_id, StatementPlace.position, StatementLine.amount]
    chosen = (
        select(*columns, StatementLine.state, StatementEntry.currency, MatchProposal)
        .join(StatementEntry, StatementEntry.id == StatementPlace.entry_id)
        .join(BankStatement, BankStatement.id == StatementPlace.statement_id)
        .join(StatementLine, StatementLine.entry_id == StatementEntry.id)
        .outerjoin(MatchProposal, best)
        .where(BankStatement.file_id == file_id, StatementLine.state != LineState.IGNORED)
        .order_by(StatementPlace.statement_id, StatementPlace.position, StatementLine.position)
    )
    return session().execute(chosen).all()


def _name(proposal: MatchProposal, numbers: dict[int, str], payments: dict[int, str]) -> str:
    """The invoices a proposal pays, or what else it says."""
    if proposal.shares:
        return ", ".join(dict.fromkeys(numbers[invoice_id] for invoice_id, *_ in proposal.shares))
    if proposal.payment_id is not None:
        return payments[proposal.payment_id]
    return "on account" if proposal.kind is LineKind.SETTLE else proposal.kind.value
