"""Records what the bank took for a payment that came back: a fact for the journal, and for what is charged on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.audit.services import record
from app.db.base import session
from app.payments.models import Payment, PaymentReversal
from app.payments.models_settling import BankCharge
from app.payments.rules import NotPositive


@dataclass(frozen=True, slots=True)
class Charge:
    """The bank's fee in minor units of the payment's currency, and whether the customer is to bear it."""

    amount: int
    is_passed_on: bool = False


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
