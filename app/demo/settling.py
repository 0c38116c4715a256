"""The demo's settlements: a refund and a short payment wait, another refund is at the bank, a debit came back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from app.company.queries import business_today
from app.db.base import session
from app.invoices.models import Invoice
from app.payments.models import Payment
from app.payments.queries import list_open_instalments
from app.payments.rules_settling import DeductionCode
from app.payments.services import record_payment, reverse_payment
from app.payments.services_charges import Charge
from app.payments.services_deductions import propose_deduction
from app.payments.services_refunds import approve_refund, export_refunds, propose_refund
from app.payments.services_transfers import transfer_money

IBAN = "DE75512108001245126199"
OTHER_IBAN = "AT611904300234573201"


def settle_some(people: Mapping[str, str], now: datetime) -> None:
    """Around the newest two customers with an invoice of our own that is open."""
    actor = people["finance"]
    payers = session().scalars(select(Payment.customer_id).order_by(Payment.id.desc()).limit(40)).all()
    if len(set(payers)) < 2:
        return
    first, other = list(dict.fromkeys(payers))[:2]
    twice = _receive(first, 480_00, "Paid twice", actor=actor, now=now)
    propose_refund(
        twice.id, 480_00, beneficiary="Paid twice GmbH", iban=IBAN, reason="Paid twice", actor=actor, now=now
    )
    _send_back(other, people, now)
    strayed = _receive(first, 250_00, "For our sister company", actor=actor, now=now)
    transfer_money(strayed.id, 250_00, other, reason="Paid by the sister company", actor=actor, now=now)
    debit = _receive(first, 119_00, "Direct debit", actor=actor, now=now)
    fee = Charge(7_50, is_passed_on=True)
    reverse_payment(debit.id, reason="No funds", charge=fee, actor=actor, now=now)
    _pay_short(actor=actor, now=now)


def _send_back(customer_id: int, people: Mapping[str, str], now: datetime) -> None:
    """A refund that somebody else approved; its file was written, and the bank has not said anything yet."""
    over = _receive(customer_id, 96_00, "Standing order, once more", actor=people["finance"], now=now)
    refund = propose_refund(
        over.id, 96_00, beneficiary="Standing Orders AG", iban=OTHER_IBAN, reason="Paid once more",
        actor=people["finance"], now=now,
    )  # fmt: skip
    approve_refund(refund.id, actor=people["manager"], now=now)
    export_refunds(actor=people["finance"], now=now)


def _receive(customer_id: int, amount: int, remittance: str, *, actor: str, now: datetime) -> Payment:
    return record_payment(
        customer_id, amount, currency="EUR", received_on=business_today(now), remittance=remittance, allocations=None,
        actor=actor, now=now,
    )  # fmt: skip


def _pay_short(*, actor: str, now: datetime) -> None:
    """Somebody takes the early discount although it is late."""
    newest = select(Invoice.customer_id).where(Invoice.issued_on.is_not(None), Invoice.currency == "EUR")
    for customer_id in session().scalars(newest.order_by(Invoice.id.desc()).limit(40)).all():
        owed = [one for one in list_open_instalments(customer_id, "EUR") if one.open > 200_00]
        if owed:
            one, kept = owed[-1], owed[-1].open // 50
            payment = record_payment(
                customer_id, one.open - kept, currency="EUR", received_on=business_today(now), remittance=one.number,
                allocations=[(one.invoice_id, one.instalment, one.open - kept)], actor=actor, now=now,
            )  # fmt: skip
            propose_deduction(
                one.invoice_id, one.instalment, kept, code=DeductionCode.DISCOUNT_LATE, payment_id=payment.id,
                actor=actor, now=now,
            )  # fmt: skip
            return
