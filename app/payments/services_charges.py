"""Records what the bank took for a payment that came back: a fact for the journal, and for what is charged on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.audit.services import record
from app.db.base import session
from app.payments.models import Payment, PaymentReversal
from app.payments.models_settling import BankCharge
from app.payments.rules import NotPositive
from app.payments.services_charge_invoices import drop_drafts_of


@dataclass(frozen=True, slots=True)
class Charge:
    """The bank's fee in minor units of the payment's currency, and whether the customer is to bear it."""

    amount: int
    is_passed_on: bool = False


def take_charge_back(
    payment: Payment, reversal: PaymentReversal, instead: Payment, *, actor: str, now: datetime
) -> None:
    """The payment stands after all as `instead`, so the bank took nothing: a row of its own, negative."""
    taken = select(func.coalesce(func.sum(BankCharge.amount), 0)).where(BankCharge.payment_id == payment.id)
    amount = int(session().scalar(taken) or 0)
    if not amount:
        return
    drop_drafts_of(payment, actor=actor, now=now)
    session().add(
        BankCharge(
            payment_id=payment.id, charged_on=reversal.reversed_on, currency=payment.currency, amount=-amount,
            reason=f"Stands as {instead.number}", recorded_at=now, recorded_by=actor,
        )
    )  # fmt: skip
    session().flush()
    record(
        "payment.charge_undone", actor=actor, now=now, object_kind="payment", object_id=payment.id,
        customer_id=payment.customer_id, number=payment.number, amount=amount, currency=payment.currency,
    )  # fmt: skip


def record_charge(
    payment: Payment, charge: Charge, reversal: PaymentReversal, *, actor: str, now: datetime
) -> BankCharge:
    """Raises NotPositive."""
    if charge.amount <= 0:
        raise NotPositive(field="charge")
    row = BankCharge(
        payment_id=payment.id,
        charged_on=reversal.reversed_on,
        currency=payment.currency,
        amount=charge.amount,
        reason=reversal.reason,
        is_passed_on=charge.is_passed_on,
        recorded_at=now,
        recorded_by=actor,
    )
    session().add(row)
    session().flush()
    record(
        "payment.charged", actor=actor, now=now, object_kind="payment", object_id=payment.id,
        customer_id=payment.customer_id, number=payment.number, amount=charge.amount, currency=payment.currency,
        passed_on=charge.is_passed_on,
    )  # fmt: skip
    return row
