"""Reads which lines of the bank may take each other back, and which a decision about a line says something of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, null, or_, select

from app.db.base import session
from app.db.statements import in_chunks
from app.invoices.models import Invoice
from app.payments.models import Allocation, Payment, PaymentReversal
from app.payments.models_bank import LineState, StatementEntry, StatementLine
from app.payments.models_cash import LineMatch, MatchProposal
from app.payments.rules_book import Opposite
from app.payments.rules_cash import LineKind

RETURNED_WITHIN = timedelta(days=430)  # a debit can come back for 13 months
MOST_READ = 2000
Pair = tuple[StatementLine, StatementEntry]
_IS_RETURN = or_(StatementEntry.is_reversal, StatementLine.return_reason != "")
_IS_OPEN = StatementLine.state == LineState.OPEN


def list_opposites(pairs: Collection[Pair]) -> dict[int, tuple[Opposite, ...]]:
    """By line: of a return, what it may take back, placed or open; of any other, the open returns. Newest first."""
    found: dict[int, tuple[Opposite, ...]] = {}
    returns = [pair for pair in pairs if _is_return(pair)]
    others = [pair for pair in pairs if not _is_return(pair)]
    for some, wanted in ((returns, _select_taken()), (others, _select_returns())):
        rows: defaultdict[tuple[str, str, int], list[Any]] = defaultdict(list)
        for chunk in in_chunks(sorted({-line.amount for line, _ in some})):
            for row in session().execute(wanted.where(StatementLine.amount.in_(chunk)).limit(MOST_READ)):
                rows[row.StatementEntry.account, row.StatementEntry.currency, -row.StatementLine.amount].append(row)
        for line, entry in some:
            alike = rows.get((entry.account, entry.currency, line.amount), ())
            found[line.id] = tuple(_describe(row) for row in alike if _is_in_time((line, entry), row))
    return found


def list_open_opposites(line_ids: Collection[int]) -> set[int]:
    """The open lines that may take one of these back, or be taken back by it."""
    chosen = select(StatementLine, StatementEntry).join(StatementEntry, StatementEntry.id == StatementLine.entry_id)
    pairs = [
        (line, entry)
        for chunk in in_chunks(sorted(line_ids))
        for line, entry in session().execute(chosen.where(StatementLine.id.in_(chunk)))
    ]  # fmt: skip
    return {one.line_id for some in list_opposites(pairs).values() for one in some if one.payment_id is None}


def list_overtaken(line_ids: Collection[int], limit: int) -> list[int]:
    """Open lines with a suggestion for an invoice that money of one of these lines was put on or taken off."""
    touched: set[int] = set()
    customers: set[int] = set()
    columns = select(LineMatch.customer_id, Allocation.invoice_id).outerjoin(
        Allocation, Allocation.payment_id == LineMatch.payment_id
    )
    for chunk in in_chunks(sorted(line_ids)):
        for customer_id, invoice_id in session().execute(columns.where(LineMatch.line_id.in_(chunk))):
            customers.add(customer_id)
            touched |= {invoice_id} - {None}
    return _list_naming(touched, customers)[:limit]


def name_payments(payment_ids: Collection[int]) -> dict[int, str]:
    """By payment: its number, its day, and the invoices its money was put on."""
    columns: list[Any] = [Payment.id, Payment.number, Payment.received_on, Invoice.number.label("invoice")]
    chosen = (
        select(*columns)
        .outerjoin(Allocation, Allocation.payment_id == Payment.id)
        .outerjoin(Invoice, Invoice.id == Allocation.invoice_id)
        .order_by(Allocation.id)
    )
    said: dict[int, dict[str, None]] = {}
    for chunk in in_chunks(payment_ids):
        for row in session().execute(chosen.where(Payment.id.in_(chunk))):
            words = said.setdefault(row.id, {f"{row.number} of {row.received_on:%d %b %Y}": None})
            if row.invoice:
                words[row.invoice] = None
    return {one: ", ".join(words) for one, words in said.items()}


def amounts_of(payment_ids: Collection[int]) -> dict[int, int]:
    """Payment id -> what came in with it; minor units."""
    chosen = select(Payment.id, Payment.amount)
    return {
        row.id: row.amount
        for chunk in in_chunks(payment_ids)
        for row in session().execute(chosen.where(Payment.id.in_(chunk)))
    }


def _list_naming(invoice_ids: set[int], customers: Iterable[int]) -> list[int]:
    offered = select(MatchProposal.line_id, MatchProposal.shares).join(
        StatementLine, StatementLine.id == MatchProposal.line_id
    )
    found: set[int] = set()
    for chunk in in_chunks(sorted(customers)):
        rows = session().execute(offered.where(_IS_OPEN, MatchProposal.customer_id.in_(chunk)))
        # what names no invoice may name one that is open again
        found |= {
            line_id
            for line_id, shares in rows
            if not shares or not invoice_ids.isdisjoint(share[0] for share in shares)
        }
    return sorted(found, reverse=True)


def _is_return(pair: Pair) -> bool:
    line, entry = pair
    return entry.is_reversal or bool(line.return_reason)


def _select_returns() -> Select[Any]:
    columns: Any = select(StatementLine, StatementEntry, null().label("payment_id"), null().label("customer_id"))
    return _newest(columns.select_from(StatementLine)).where(_IS_OPEN, _IS_RETURN)


def _select_taken() -> Select[Any]:
    """What may have been taken back: open, or placed as money of a customer that has not come back yet."""
    placed = and_(
        LineMatch.line_id == StatementLine.id, LineMatch.kind == LineKind.SETTLE, LineMatch.undone_at.is_(None),
        ~exists().where(PaymentReversal.payment_id == LineMatch.payment_id),
    )  # fmt: skip
    columns: Any = select(StatementLine, StatementEntry, LineMatch.payment_id, LineMatch.customer_id)
    chosen = _newest(columns.select_from(StatementLine).outerjoin(LineMatch, placed))
    return chosen.where(~_IS_RETURN, or_(_IS_OPEN, LineMatch.id.is_not(None)))


def _newest(chosen: Any) -> Select[Any]:
    joined: Select[Any] = chosen.join(StatementEntry, StatementEntry.id == StatementLine.entry_id)
    return joined.order_by(StatementLine.id.desc())


def _is_in_time(pair: Pair, row: Any) -> bool:
    mine, other = pair[1].booked_on, row.StatementEntry.booked_on
    taken, back = (other, mine) if _is_return(pair) else (mine, other)
    return bool(taken <= back <= taken + RETURNED_WITHIN)


def _describe(row: Sequence[Any]) -> Opposite:
    line, entry, payment_id, customer_id = row
    return Opposite(
        line.id, entry.booked_on, line.remittance, line.reference, line.end_to_end_id, line.party_name,
        line.party_account, payment_id, customer_id, line.mandate_id,
    )  # fmt: skip
