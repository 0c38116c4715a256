"""Reads payments: where their money was put, what is left of it, and which instalments still take some."""

import enum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select

from app.customers.models import Customer
from app.customers.rules import search_key
from app.db.base import session
from app.db.statements import in_chunks
from app.invoices.models import Invoice
from app.invoices.queries import document_name, invoice_id_of
from app.kernel.errors import NotFound
from app.ledger import queries as ledger
from app.ledger.rules import Change
from app.payments.models import Allocation, Payment, PaymentReversal
from app.payments.models_settling import PaymentOutflow, Refund
from app.payments.rules import OpenInstalment, oldest_first
from app.payments.rules_settling import RefundState


class PaymentUnknown(NotFound):
    """There is no such payment."""


class AllocationUnknown(NotFound):
    """There is no such allocation."""


class PaymentState(enum.StrEnum):
    """How much of a payment is placed; derived, never stored."""

    APPLIED = "applied"
    PARTLY_APPLIED = "partly_applied"
    UNAPPLIED = "unapplied"
    MOVED = "moved"  # all of it was refunded or transferred, none of it placed
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True)
class PlacedShare:
    """One allocation with the invoice's number, and the row that took it back if there is one."""

    allocation: Allocation
    number: str
    due_on: date | None
    undone: Allocation | None


def get_payment(payment_id: int) -> Payment:
    payment = session().get(Payment, payment_id)
    if payment is None:
        raise PaymentUnknown
    return payment


def get_allocation(allocation_id: int) -> Allocation:
    allocation = session().get(Allocation, allocation_id)
    if allocation is None:
        raise AllocationUnknown
    return allocation


def find_by_external_id(source: str, external_id: str) -> Payment | None:
    chosen = select(Payment).where(Payment.source == source, Payment.external_id == external_id)
    return session().scalars(chosen).first()


def find_reversal(payment_id: int) -> PaymentReversal | None:
    return session().get(PaymentReversal, payment_id)


def find_undoing(allocation_id: int) -> Allocation | None:
    """The row that takes this allocation back."""
    return session().scalars(select(Allocation).where(Allocation.undoes == allocation_id)).first()


def list_allocations(payment_id: int) -> list[Allocation]:
    """Every allocation of the payment and every row that undoes one, in order."""
    return list(
        session().scalars(select(Allocation).where(Allocation.payment_id == payment_id).order_by(Allocation.id))
    )


def list_live_allocations(payment_id: int) -> list[Allocation]:
    """The allocations nobody took back."""
    return _without_undone(list_allocations(payment_id))


def list_live_allocations_on(invoice_id: int) -> list[Allocation]:
    """The allocations on an invoice that nobody took back, in the order in which payments are locked."""
    chosen = select(Allocation).where(Allocation.invoice_id == invoice_id)
    return _without_undone(session().scalars(chosen.order_by(Allocation.payment_id, Allocation.id)).all())


def _without_undone(rows: Sequence[Allocation]) -> list[Allocation]:
    undone = {row.undoes for row in rows if row.undoes is not None}
    return [row for row in rows if row.undoes is None and row.id not in undone]


def list_undone_with(payment_id: int, undone_at: datetime) -> list[tuple[int, int, int]]:
    """The (invoice, instalment, amount) shares that were taken back at this moment, as with their payment."""
    return [
        (row.invoice_id, row.instalment, -row.amount)
        for row in list_allocations(payment_id)
        if row.undoes is not None and row.recorded_at == undone_at
    ]


def list_placed_shares(payment_id: int) -> list[PlacedShare]:
    """The allocations for people, undone ones included, in order."""
    rows = list_allocations(payment_id)
    undoing = {row.undoes: row for row in rows if row.undoes is not None}
    return _with_numbers([row for row in rows if row.undoes is None], undoing)


def list_shares_on(invoice_id: int) -> list[tuple[PlacedShare, Payment]]:
    """What was put on an invoice and by which payments, undone ones included, in order."""
    chosen = select(Allocation, Payment).join(Payment, Payment.id == Allocation.payment_id)
    rows = session().execute(chosen.where(Allocation.invoice_id == invoice_id).order_by(Allocation.id)).all()
    undoing = {row.undoes: row for row, _ in rows if row.undoes is not None}
    payments = {row.id: payment for row, payment in rows}
    shares = _with_numbers([row for row, _ in rows if row.undoes is None], undoing)
    return [(share, payments[share.allocation.id]) for share in shares]


def _with_numbers(rows: Sequence[Allocation], undoing: dict[int, Allocation]) -> list[PlacedShare]:
    numbers = numbers_of(row.invoice_id for row in rows)
    timelines = ledger.list_timelines(document_name(row.invoice_id) for row in rows)
    shares = []
    for row in rows:
        timeline = timelines.get((document_name(row.invoice_id), row.instalment))
        due_on = timeline.due_on if timeline else None
        shares.append(PlacedShare(row, numbers[row.invoice_id], due_on, undoing.get(row.id)))
    return shares


def numbers_of(invoice_ids: Iterable[int]) -> dict[int, str]:
    """Invoice id -> number."""
    found: dict[int, str] = {}
    for chunk in in_chunks(invoice_ids):
        chosen = select(Invoice.id, Invoice.number).where(Invoice.id.in_(chunk))
        found |= {row.id: row.number or "" for row in session().execute(chosen)}
    return found


def payment_numbers_of(payment_ids: Iterable[int]) -> dict[int, str]:
    """Payment id -> number."""
    found: dict[int, str] = {}
    for chunk in in_chunks(payment_ids):
        chosen = select(Payment.id, Payment.number).where(Payment.id.in_(chunk))
        found |= {row.id: row.number for row in session().execute(chosen)}
    return found


def remittances_of(payment_ids: Iterable[int]) -> dict[int, str]:
    """Payment id -> what the payer wrote, of those where anything was written."""
    found: dict[int, str] = {}
    for chunk in in_chunks(payment_ids):
        chosen = select(Payment.id, Payment.remittance).where(Payment.id.in_(chunk), Payment.remittance != "")
        found |= {row.id: row.remittance for row in session().execute(chosen)}
    return found


def amount_left(payment_id: int) -> int:
    """What of the payment stands on no instalment, in minor units; 0 once it is reversed."""
    return amounts_left([payment_id]).get(payment_id, 0)


def amounts_left(payment_ids: Sequence[int]) -> dict[int, int]:
    """Payment id -> what is left of it, for a page of payments."""
    rows = session().execute(select_left().where(Payment.id.in_(payment_ids)))
    return {row.id: int(row.amount_left) for row in rows}


def read_states(payments: Sequence[Payment]) -> dict[int, PaymentState]:
    """Payment id -> how much of it is placed, for a page of payments."""
    ids = [payment.id for payment in payments]
    left = amounts_left(ids)
    sums = select(Allocation.payment_id, func.sum(Allocation.amount)).where(Allocation.payment_id.in_(ids))
    placed = {row[0]: int(row[1]) for row in session().execute(sums.group_by(Allocation.payment_id))}
    return {one: _state_of(left.get(one), placed.get(one, 0)) for one in ids}


def _state_of(left: int | None, placed: int) -> PaymentState:
    if left is None:
        return PaymentState.REVERSED
    if left == 0:
        return PaymentState.APPLIED if placed else PaymentState.MOVED
    return PaymentState.PARTLY_APPLIED if placed else PaymentState.UNAPPLIED


def select_left() -> Select[int, int]:
    """What is left of each payment that stands: id, amount_left."""
    placed = func.coalesce(func.sum(Allocation.amount), 0)
    return (
        select(Payment.id, (Payment.amount - placed - _sum_of(PaymentOutflow)).label("amount_left"))
        .outerjoin(Allocation, Allocation.payment_id == Payment.id)
        .outerjoin(PaymentReversal, PaymentReversal.payment_id == Payment.id)
        .where(PaymentReversal.payment_id.is_(None))
        .group_by(Payment.id, Payment.amount)
    )


def _sum_of(model: type[Allocation | PaymentOutflow]) -> Any:
    """What rows of a payment add up to, beside a select of payments."""
    total = select(func.coalesce(func.sum(model.amount), 0)).where(model.payment_id == Payment.id)
    return total.correlate(Payment).scalar_subquery()


def list_outflows(payment_id: int) -> list[PaymentOutflow]:
    """What was taken out of the payment and every row that undoes one, in order."""
    chosen = select(PaymentOutflow).where(PaymentOutflow.payment_id == payment_id)
    return list(session().scalars(chosen.order_by(PaymentOutflow.id)))


def list_live_outflows(payment_id: int) -> list[PaymentOutflow]:
    """The outflows nobody took back."""
    rows = list_outflows(payment_id)
    undone = {row.undoes for row in rows}
    return [row for row in rows if row.undoes is None and row.id not in undone]


def amount_refunded(payment_id: int) -> int:
    """What of the payment went to the bank to be sent back, and did not come back; minor units."""
    sent = Refund.state.in_((RefundState.EXPORTED, RefundState.PAID))
    chosen = select(func.coalesce(func.sum(Refund.amount), 0)).where(Refund.payment_id == payment_id, sent)
    return int(session().scalar(chosen) or 0)


def list_changes(payment: Payment) -> list[Change]:
    """The days on which money of this payment became free (+), was placed or left (-)."""
    changes = [(payment.received_on, payment.amount)]
    changes += [(row.effective_on, -row.amount) for row in list_allocations(payment.id)]
    changes += [(row.effective_on, -row.amount) for row in list_outflows(payment.id)]
    if reversal := find_reversal(payment.id):
        changes.append((reversal.reversed_on, -payment.amount))
    return changes


def list_open_instalments(customer_id: int, currency: str | None = None) -> list[OpenInstalment]:
    """The customer's instalments that still take money, oldest due first, whatever day they count from."""
    items = ledger.list_open_items(date.max, customer_id=customer_id, currency=currency)
    return _as_open_instalments(items)


def _as_open_instalments(items: Sequence[ledger.OpenItem]) -> list[OpenInstalment]:
    ids = {item.document: invoice_id_of(item.document) for item in items}
    invoices = _facts_of([found for found in ids.values() if found is not None])
    found = []
    for item in items:
        invoice_id = ids[item.document]
        if invoice_id is not None and invoice_id in invoices:
            number, issued_on = invoices[invoice_id]
            found.append(
                OpenInstalment(invoice_id, number, item.instalment, item.currency, issued_on, item.due_on, item.open)
            )
    return oldest_first(found)


def _facts_of(invoice_ids: Sequence[int]) -> dict[int, tuple[str, date]]:
    facts: dict[int, tuple[str, date]] = {}
    for chunk in in_chunks(invoice_ids):
        chosen = select(Invoice.id, Invoice.number, Invoice.issued_on)
        rows = session().execute(chosen.where(Invoice.id.in_(chunk)))
        facts |= {row.id: (row.number or "", row.issued_on) for row in rows if row.issued_on is not None}
    return facts


def filter_payments(
    *,
    query: str = "",
    customer_id: int | None = None,
    currency: str = "",
    states: Collection[PaymentState] = (),
    since: date | None = None,
    until: date | None = None,
) -> Select[Payment]:
    """The payments a list shows, those in any of the states; its caller orders and pages them."""
    chosen = select(Payment)
    if query:
        chosen = chosen.where(_matches(query))
    if customer_id is not None:
        chosen = chosen.where(Payment.customer_id == customer_id)
    if currency:
        chosen = chosen.where(Payment.currency == currency)
    if since is not None:
        chosen = chosen.where(Payment.received_on >= since)
    if until is not None:
        chosen = chosen.where(Payment.received_on <= until)
    return chosen.where(or_(*map(_is_in_state, states))) if states else chosen


def _matches(query: str) -> Any:
    words = query.strip()
    customers = select(Customer.id).where(Customer.search_key.contains(search_key(words), autoescape=True))
    return or_(
        Payment.number.icontains(words, autoescape=True),
        Payment.remittance.icontains(words, autoescape=True),
        Payment.customer_id.in_(customers),
    )


def _is_in_state(state: PaymentState) -> Any:
    is_reversed = exists().where(PaymentReversal.payment_id == Payment.id)
    if state is PaymentState.REVERSED:
        return is_reversed
    placed = _sum_of(Allocation)
    left = Payment.amount - placed - _sum_of(PaymentOutflow)
    conditions = {
        PaymentState.APPLIED: and_(placed > 0, left == 0),
        PaymentState.PARTLY_APPLIED: and_(placed > 0, left > 0),
        PaymentState.UNAPPLIED: and_(placed == 0, left > 0),
        PaymentState.MOVED: and_(placed == 0, left == 0),
    }
    return and_(~is_reversed, conditions[state])
