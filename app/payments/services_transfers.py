"""Moves unapplied cash from one customer to another by an explicit act, and takes that back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from app.audit.services import record
from app.company.queries import business_today
from app.company.services import next_number
from app.customers.services import lock_customer
from app.db.base import session
from app.kernel.errors import NotFound, RuleError
from app.kernel.money import Money
from app.kernel.texts import clean_line
from app.ledger import services as posting
from app.ledger.models import EntryKind
from app.ledger.services import NewEntry
from app.payments import queries
from app.payments.models import Payment
from app.payments.models_settling import PaymentOutflow
from app.payments.queries_settling import get_outflow, get_transferred, waiting_of
from app.payments.rules_settling import OutflowKind, PaymentKind
from app.payments.services import lock_payment, take_back
from app.payments.services_outflows import require_left, take_out, undo_outflow


class SameCustomer(RuleError):
    """The money is this customer's already. Choose another customer."""


class TakesWaiting(RuleError):
    """{waiting} of this wait for a refund, which could not be approved then. Move less, or tick the box."""


class NoTransfer(NotFound):
    """There is no such transfer."""


def transfer_money(
    payment_id: int, amount: int, customer_id: int, *, reason: str, on: date | None = None, in_spite_of: int = 0,
    actor: str, now: datetime,
) -> Payment:  # fmt: skip
    """The payment of the other customer that holds the money now, placed nowhere yet.

    `in_spite_of` is how much may be taken although it waits for a refund. Raises PaymentUnknown, CustomerUnknown,
    SameCustomer, PaymentIsReversed, NotPositive, MoreThanLeft, TakesWaiting, NotThereYet, TextMissing.
    """
    payment = _lock_both(payment_id, customer_id)
    if payment.customer_id == customer_id:
        raise SameCustomer(field="customer")
    reason = clean_line(reason, "reason", required=True, most=300)
    require_left(payment, amount)
    waiting = waiting_of(payment_id)
    if waiting > in_spite_of and amount > queries.amount_left(payment_id) - waiting:
        raise TakesWaiting(waiting=Money(waiting, payment.currency))
    outflow = take_out(payment, amount, OutflowKind.TRANSFER, reason=reason, on=on, actor=actor, now=now)
    received = _receive(payment, outflow, customer_id, actor=actor, now=now)
    about: dict[str, Any] = {"amount": amount, "currency": payment.currency, "reason": reason}
    record(
        "payment.transferred", actor=actor, now=now, object_kind="payment", object_id=payment.id,
        customer_id=payment.customer_id, number=payment.number, to=received.number, **about,
    )  # fmt: skip
    record(
        "payment.received_by_transfer", actor=actor, now=now, object_kind="payment", object_id=received.id,
        customer_id=customer_id, number=received.number, of=payment.number, **about,
    )  # fmt: skip
    return received


def undo_transfer(outflow_id: int, *, reason: str, on: date | None = None, actor: str, now: datetime) -> PaymentOutflow:
    """Brings the money back to where it came from, off every invoice it was placed on meanwhile.

    Raises NoTransfer, UndoneAlready, PaymentIsReversed, MoneyGone, UndoneTooEarly, TextMissing.
    """
    outflow = get_outflow(outflow_id)
    if outflow.kind is not OutflowKind.TRANSFER or outflow.undoes is not None:
        raise NoTransfer
    seen = get_transferred(outflow.id)
    payment = _lock_both(outflow.payment_id, seen.customer_id)
    live = queries.list_live_allocations(seen.id)
    received = lock_payment(seen.id, [row.invoice_id for row in live])
    reason = clean_line(reason, "reason", required=True, most=300)
    reversal = take_back(received, reason, on, actor=actor, now=now)
    undoing = undo_outflow(outflow, reason=reason, on=reversal.reversed_on, actor=actor, now=now)
    record(
        "payment.transfer_undone", actor=actor, now=now, object_kind="payment", object_id=payment.id,
        customer_id=payment.customer_id, number=payment.number, to=received.number, amount=outflow.amount,
        currency=payment.currency, reason=reason,
    )  # fmt: skip
    return undoing


def _lock_both(payment_id: int, customer_id: int) -> Payment:
    """The payment, held with its customer and the other, the lower id first."""
    for one in sorted({queries.get_payment(payment_id).customer_id, customer_id}):
        lock_customer(one)
    return lock_payment(payment_id, [])


def _receive(payment: Payment, outflow: PaymentOutflow, customer_id: int, *, actor: str, now: datetime) -> Payment:
    number, _period, _sequence = next_number("payment", business_today(now))
    received = Payment(
        number=number,
        kind=PaymentKind.TRANSFER,
        source="transfer",
        external_id=f"outflow:{outflow.id}",
        customer_id=customer_id,
        received_on=outflow.effective_on,
        currency=payment.currency,
        amount=outflow.amount,
        remittance=f"Transferred from {payment.number}: {outflow.reason}",
        recorded_at=now,
        recorded_by=actor,
    )
    session().add(received)
    session().flush()
    entry = NewEntry(
        kind=EntryKind.TRANSFER, effective_on=received.received_on, customer_id=customer_id,
        currency=received.currency, amount=-received.amount, reason=f"payment:{received.id}",
    )  # fmt: skip
    posting.post([entry], actor=actor, now=now)
    return received
