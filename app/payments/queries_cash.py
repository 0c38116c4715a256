"""Reads the lines of the bank as the cash desk shows them: in three groups, with what matching proposes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import Select, and_, case, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql import ColumnElement

from app.db.base import session
from app.kernel.errors import NotFound
from app.payments.models import Payment
from app.payments.models_bank import LineState, StatementEntry, StatementLine
from app.payments.models_cash import LineMatch, MatchProposal
from app.payments.queries import list_open_instalments, numbers_of
from app.payments.queries_matching import read_series
from app.payments.rules import OpenInstalment, Share
from app.payments.rules_book import MatchLine, Opposite, SentRefund
from app.payments.rules_cash import SOURCE, Group, LineKind, line_of
from app.payments.rules_details import ITEMISED
from app.payments.rules_remittance import read_remittance


class LineUnknown(NotFound):
    """There is no such line of the bank."""


@dataclass(frozen=True, slots=True)
class GroupSum:
    """How many lines of a group, and what came in and went out with them; minor units."""

    group: Group
    currency: str
    count: int
    credits: int
    debits: int


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line with what the bank said, what is proposed, and what stands for it.

    `alternatives`: by customer, the open instalments of those that are proposed, in the line's currency.
    """

    line: StatementLine
    entry: StatementEntry
    group: Group
    proposals: Sequence[MatchProposal]
    alternatives: dict[int, list[OpenInstalment]]
    match: LineMatch | None
    payment: Payment | None
    came_back: LineMatch | None  # the line with which the bank took the payment back
    charged: int = 0  # what other lines of its booking say the bank took, below 0


def _has_proposals() -> Any:
    return exists().where(MatchProposal.line_id == StatementLine.id)


def is_in_group(group: Group) -> ColumnElement[bool]:
    """The lines of a group, beside a select of lines."""
    is_open = StatementLine.state == LineState.OPEN
    if group is Group.DONE:
        return StatementLine.state != LineState.OPEN
    return and_(is_open, _has_proposals() if group is Group.SUGGESTED else ~_has_proposals())


def group_of(line: StatementLine) -> Group:
    if line.state is not LineState.OPEN:
        return Group.DONE
    return Group.SUGGESTED if list_proposals([line.id]).get(line.id) else Group.UNKNOWN


def get_line(line_id: int, *, held: bool = False) -> StatementLine:
    """Raises LineUnknown."""
    line = session().get(StatementLine, line_id, with_for_update=held, populate_existing=held)
    if line is None:
        raise LineUnknown
    return line


def list_lines(group: Group | None = None, account: str = "", day: date | None = None) -> Select[Any]:
    """Lines with their entries, for a page; its caller orders them by (StatementLine.id) and pages them."""
    chosen: Any = select(StatementLine, StatementEntry).join(
        StatementEntry, StatementEntry.id == StatementLine.entry_id
    )
    if group is not None:
        chosen = chosen.where(is_in_group(group))
    if account:
        chosen = chosen.where(StatementEntry.account == account)
    if day is not None:
        chosen = chosen.where(StatementEntry.booked_on == day)
    return cast(Select[Any], chosen)


def list_proposals(line_ids: Collection[int]) -> dict[int, list[MatchProposal]]:
    """By line, the best first."""
    found: dict[int, list[MatchProposal]] = defaultdict(list)
    chosen = select(MatchProposal).where(MatchProposal.line_id.in_(line_ids))
    for one in session().scalars(chosen.order_by(MatchProposal.line_id, MatchProposal.rank)):
        found[one.line_id].append(one)
    return found


def find_line_of(payment: Payment) -> StatementLine | None:
    """The line of the bank this payment was made for, whatever became of it."""
    line_id = line_of(payment.external_id) if payment.source == SOURCE else None
    return session().get(StatementLine, line_id) if line_id is not None else None


def find_match(line_id: int) -> LineMatch | None:
    """What stands for a line."""
    chosen = select(LineMatch).where(LineMatch.line_id == line_id, LineMatch.undone_at.is_(None))
    return session().scalars(chosen).one_or_none()


def find_match_of(payment_id: int, *, held: bool = False) -> LineMatch | None:
    """The line a payment stands for, beside lines that say it came back."""
    chosen = select(LineMatch).where(
        LineMatch.payment_id == payment_id, LineMatch.kind == LineKind.SETTLE, LineMatch.undone_at.is_(None)
    )
    return session().scalars(chosen.with_for_update() if held else chosen).first()


def list_former_customers(line_id: int) -> set[int]:
    """Whose money a line was taken for before that was taken back."""
    return set(session().scalars(_select_taken_back(LineMatch.customer_id).where(LineMatch.line_id == line_id)))


def list_former_payments(line_id: int) -> set[int]:
    """What a line stood for before that was taken back."""
    return set(session().scalars(_select_taken_back(LineMatch.payment_id).where(LineMatch.line_id == line_id)))


def list_taken_back(line_ids: Collection[int]) -> set[int]:
    """The lines among these that something stood for once."""
    return set(session().scalars(_select_taken_back(LineMatch.line_id).where(LineMatch.line_id.in_(line_ids))))


def _select_taken_back(column: InstrumentedAttribute[int]) -> Select[Any]:
    return select(column).where(LineMatch.undone_at.is_not(None))


def list_reversing(payment_ids: Collection[int]) -> dict[int, LineMatch]:
    """By payment, the line with which it came back, for a page of lines."""
    chosen = select(LineMatch).where(
        LineMatch.payment_id.in_(payment_ids), LineMatch.kind == LineKind.REVERSE, LineMatch.undone_at.is_(None)
    )
    return {match.payment_id: match for match in session().scalars(chosen)}


def list_same_payer(line_id: int, limit: int) -> list[int]:
    """Other open lines from the account of this one, the newest first."""
    account = get_line(line_id).party_account
    same = select(StatementLine.id).where(StatementLine.state == LineState.OPEN, StatementLine.id != line_id)
    newest = same.where(StatementLine.party_account == account).order_by(StatementLine.id.desc()).limit(limit)
    return list(session().scalars(newest)) if account else []


def list_matches(line_ids: Collection[int]) -> dict[int, tuple[LineMatch, Payment]]:
    """By line, what stands for it, for a page of lines."""
    chosen = select(LineMatch, Payment).join(Payment, Payment.id == LineMatch.payment_id)
    rows = session().execute(chosen.where(LineMatch.line_id.in_(line_ids), LineMatch.undone_at.is_(None)))
    return {match.line_id: (match, payment) for match, payment in rows}


def describe(
    line: StatementLine, entry: StatementEntry, *, was_taken_back: bool = False, opposites: tuple[Opposite, ...] = (),
    refunds: tuple[SentRefund, ...] = (),
) -> MatchLine:  # fmt: skip
    """The line as matching reads it."""
    return MatchLine(
        amount=line.amount, currency=entry.currency, booked_on=entry.booked_on, remittance=line.remittance,
        reference=line.reference, end_to_end_id=line.end_to_end_id, party_name=line.party_name,
        party_account=line.party_account, return_reason=line.return_reason, code=entry.code,
        is_reversal=entry.is_reversal, was_taken_back=was_taken_back, opposites=opposites, refunds=refunds,
        mandate_id=line.mandate_id,
    )  # fmt: skip


def reads_number(line: StatementLine, entry: StatementEntry, shares: Sequence[Share]) -> bool:
    """Whether the line names an invoice that it pays."""
    text = f"{line.remittance}\n{line.end_to_end_id}"
    mentions = read_remittance(text, read_series(), reference=line.reference, on=entry.booked_on)
    return not {*mentions.numbers, *mentions.tokens}.isdisjoint(numbers_of(one.invoice_id for one in shares).values())


def summary(day: date | None = None) -> list[GroupSum]:
    """Every group and currency with lines; of the lines booked on that day, or of all that are open."""
    has_proposals: Any = _has_proposals()
    group = case(
        (StatementLine.state != LineState.OPEN, Group.DONE.value),
        (has_proposals, Group.SUGGESTED.value),
        else_=Group.UNKNOWN.value,
    )
    amount = StatementLine.amount
    inner = select(group.label("shown"), StatementEntry.currency.label("currency"), amount.label("amount")).join(
        StatementEntry, StatementEntry.id == StatementLine.entry_id
    )
    inner = inner.where(StatementEntry.booked_on == day if day is not None else StatementLine.state == LineState.OPEN)
    each = inner.subquery()
    rows = session().execute(
        select(
            each.c.shown, each.c.currency, func.count(), func.sum(case((each.c.amount > 0, each.c.amount), else_=0)),
            func.sum(case((each.c.amount < 0, -each.c.amount), else_=0)),
        ).group_by(each.c.shown, each.c.currency).order_by(each.c.shown, each.c.currency)
    )  # fmt: skip
    return [GroupSum(Group(row[0]), row[1], row[2], int(row[3]), int(row[4])) for row in rows]


def show_line(line_id: int) -> ShownLine:
    """Raises LineUnknown."""
    line = get_line(line_id)
    entry = session().get_one(StatementEntry, line.entry_id)
    proposals = list_proposals([line_id]).get(line_id, [])
    customers = dict.fromkeys(one.customer_id for one in proposals if one.customer_id is not None)
    match, payment = list_matches([line_id]).get(line_id, (None, None))
    came_back = list_reversing([match.payment_id]).get(match.payment_id) if match and line.amount > 0 else None
    return ShownLine(
        line, entry, group_of(line), proposals,
        {one: list_open_instalments(one, entry.currency) for one in customers} if line.amount > 0 else {},
        match, payment, came_back, _sum_charged(line),
    )  # fmt: skip


def _sum_charged(line: StatementLine) -> int:
    beside = StatementLine.entry_id == line.entry_id, StatementLine.id != line.id
    taken = select(func.sum(StatementLine.amount)).where(*beside, StatementLine.ignored_reason == ITEMISED)
    return int(session().scalar(taken) or 0)
