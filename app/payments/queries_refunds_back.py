"""Reads which refunds of ours may have come back with lines of the bank, and which lines with a refund."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, exists, or_, select

from app.company.queries import get_company
from app.customers.models import Customer
from app.db.base import session
from app.db.statements import in_chunks
from app.kernel.clock import business_today
from app.payments.models import Payment, PaymentReversal
from app.payments.models_bank import LineState, StatementEntry, StatementLine
from app.payments.models_cash import LineMatch
from app.payments.models_settling import Refund, RefundFile
from app.payments.queries_cash import describe
from app.payments.rules_book import SentRefund
from app.payments.rules_cash import LineKind
from app.payments.rules_refunds_back import Fit, Found, fit_refunds, most_kept, name_refund, read_refunds
from app.payments.rules_settling import RefundState

COMES_BACK_WITHIN = timedelta(days=430)  # as debits do
Pair = tuple[StatementLine, StatementEntry]


class BackLine(NamedTuple):
    """A line that may be a refund that came back: open, or taken for the payment of this number."""

    line_id: int
    booked_on: date
    fit: Fit
    number: str

    @property
    def is_proven(self) -> bool:
        return self.fit is Fit.PROVEN


def list_sent(pairs: Collection[Pair]) -> dict[int, tuple[SentRefund, ...]]:
    """By line that brought money in, the refunds of its amount that went to the bank before and did not come back.

    Those it names may be of a little more: the bank kept the rest.
    """
    came_in = [pair for pair in pairs if pair[0].amount > 0]
    named = {line.id: read_refunds(line.end_to_end_id, line.remittance) for line, _ in came_in}
    sent: defaultdict[tuple[int, str], list[Any]] = defaultdict(list)
    by_id: dict[int, Any] = {}
    for chunk in in_chunks(sorted({line.amount for line, _ in came_in})):
        for row in session().execute(_select_sent().where(Refund.amount.in_(chunk))):
            sent[row.Refund.amount, row.Refund.currency].append(row)
    for chunk in in_chunks(sorted({one for ids in named.values() for one in ids})):
        by_id |= {row.Refund.id: row for row in session().execute(_select_sent().where(Refund.id.in_(chunk)))}
    if not sent and not by_id:
        return {}
    zone = get_company().time_zone
    return {
        line.id: tuple(
            _describe(row.Refund, row.name, row.Refund.amount - line.amount)
            for row in [
                *sent.get((line.amount, entry.currency), ()),
                *(by_id[one] for one in sorted(named[line.id] & by_id.keys()) if _is_less(line, entry, by_id[one])),
            ]
            if timedelta(0) <= entry.booked_on - business_today(row.made_at, zone) <= COMES_BACK_WITHIN
        )
        for line, entry in came_in
    }


def find_refunds_back(line: StatementLine, entry: StatementEntry) -> list[Found]:
    """The refunds this line may be, the surest first."""
    return fit_refunds(describe(line, entry, refunds=list_sent([(line, entry)]).get(line.id, ())))


def list_back_lines(refund: Refund) -> list[BackLine]:
    """The lines that may be this refund, open or taken for a payment that stands; the surest first."""
    placed = and_(
        LineMatch.line_id == StatementLine.id, LineMatch.kind == LineKind.SETTLE, LineMatch.undone_at.is_(None),
        ~exists().where(PaymentReversal.payment_id == LineMatch.payment_id),
    )  # fmt: skip
    columns: Any = select(StatementLine, StatementEntry, Payment.number)
    chosen = (
        columns.select_from(StatementLine)
        .join(StatementEntry, StatementEntry.id == StatementLine.entry_id)
        .outerjoin(LineMatch, placed)
        .outerjoin(Payment, Payment.id == LineMatch.payment_id)
        .where(or_(StatementLine.amount == refund.amount, _names_less(refund)))
        .where(StatementEntry.currency == refund.currency)
        .where(or_(StatementLine.state == LineState.OPEN, LineMatch.id.is_not(None)))
    )
    found = []
    for line, entry, number in session().execute(chosen.order_by(StatementLine.id)):
        fits = [one for one in find_refunds_back(line, entry) if one.refund.refund_id == refund.id]
        found += [BackLine(line.id, entry.booked_on, one.fit, number or "") for one in fits]
    return sorted(found, key=lambda one: (bool(one.number), -one.fit, one.line_id))


def _names_less(refund: Refund) -> Any:
    name, least = name_refund(refund.id), refund.amount - most_kept(refund.amount, refund.currency)
    says = or_(StatementLine.end_to_end_id.contains(name), StatementLine.remittance.contains(name))
    return and_(StatementLine.amount.between(least, refund.amount - 1), says)


def _select_sent() -> Select[Any]:
    """Those that went to the bank and whose return no line has told yet."""
    waits = or_(
        Refund.state.in_((RefundState.EXPORTED, RefundState.PAID)),
        and_(Refund.state == RefundState.RETURNED, Refund.returned_by == ""),
    )
    columns: Any = select(Refund, RefundFile.made_at, Customer.name).join(RefundFile, RefundFile.id == Refund.file_id)
    chosen: Select[Any] = columns.join(Customer, Customer.id == Refund.customer_id).where(waits).order_by(Refund.id)
    return chosen


def _is_less(line: StatementLine, entry: StatementEntry, row: Any) -> bool:
    refund: Refund = row.Refund
    kept = refund.amount - line.amount
    return refund.currency == entry.currency and 0 < kept <= most_kept(refund.amount, refund.currency)


def _describe(refund: Refund, customer: str, kept: int) -> SentRefund:
    is_marked = refund.state is RefundState.RETURNED
    return SentRefund(refund.id, refund.customer_id, refund.iban, is_marked, (refund.beneficiary, customer), kept)
