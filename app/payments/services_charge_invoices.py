"""Asks customers for the bank charges they are to bear: one draft each, outside VAT."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.company.queries import get_company
from app.customers.models import Customer
from app.customers.services import lock_customer
from app.db.base import session
from app.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState, Scope
from app.invoices.queries import get_invoice
from app.invoices.services.drafts import delete_draft, finish_draft
from app.invoices.texts import written_language
from app.kernel.errors import Conflict, RuleError
from app.payments import queries
from app.payments.models import Payment
from app.payments.models_charges import ChargeInvoice
from app.payments.models_settling import BankCharge
from app.payments.queries_charges import find_charge_invoice, find_to_credit, get_charge, states_of
from app.payments.queries_settling import list_charges_of
from app.payments.rules_charges import ChargeState, build_fee_line


class ChargeBilled(Conflict):
    """This charge is on an invoice already: {invoice}."""


class NotPassedOn(RuleError):
    """This charge is ours, or was taken back. There is nothing to ask the customer for."""


def draft_charge(charge_id: int, *, actor: str, now: datetime) -> Invoice:
    """The draft that asks the customer for it. Raises ChargeUnknown, ChargeBilled, NotPassedOn."""
    charge = get_charge(charge_id)
    if charge.payment_id is None:
        raise NotPassedOn
    payment = queries.get_payment(charge.payment_id)
    customer = lock_customer(payment.customer_id)
    _require_to_invoice(charge)
    invoice = _begin(charge, payment, customer, actor=actor, now=now)
    finish_draft(invoice, None, actor=actor, now=now, charge=payment.number)
    session().add(ChargeInvoice(charge_id=charge.id, invoice_id=invoice.id, made_at=now, made_by=actor))
    session().flush()
    return invoice


def drop_drafts_of(payment: Payment, *, actor: str, now: datetime) -> None:
    """The payment stands after all: a draft that asks for its charge goes; an issued one somebody has to credit."""
    for charge in list_charges_of(payment.id):
        made = find_charge_invoice(charge.id)
        if made is not None and get_invoice(made.invoice_id).state is InvoiceState.DRAFT:
            session().delete(made)
            session().flush()
            delete_draft(made.invoice_id, actor=actor, now=now)


def take_invoice_over(charge: BankCharge, former: Collection[int]) -> None:
    """An issued invoice that still asks the customer for the same, since one of these payments came back, asks for it.

    So no second one does when a return that was taken back is a return again.
    """
    if not charge.is_passed_on or charge.payment_id is None:
        return
    customer_id = queries.get_payment(charge.payment_id).customer_id
    for payment_id in sorted(former):
        found = find_to_credit(payment_id)
        if found is None or found.invoice_id is None or get_invoice(found.invoice_id).customer_id != customer_id:
            continue
        if (found.gross, found.currency) == (charge.amount, charge.currency):
            made = session().scalars(select(ChargeInvoice).where(ChargeInvoice.invoice_id == found.invoice_id)).one()
            again = {"invoice_id": made.invoice_id, "made_at": made.made_at, "made_by": made.made_by}
            session().delete(made)
            session().flush()
            session().add(ChargeInvoice(charge_id=charge.id, **again))
            session().flush()
            return


def _require_to_invoice(charge: BankCharge) -> None:
    found = states_of([charge])[charge.id]
    if found.invoice_id is not None:
        raise ChargeBilled(invoice=found.name)
    if found.state is not ChargeState.TO_INVOICE:
        raise NotPassedOn


def _begin(charge: BankCharge, payment: Payment, customer: Customer, *, actor: str, now: datetime) -> Invoice:
    language = written_language(customer.language)
    line: dict[str, Any] = build_fee_line(
        language, payment.number, charge.charged_on, charge.amount, charge.currency
    )  # fmt: skip
    return Invoice(
        kind=InvoiceKind.INVOICE,
        scope=Scope.WHOLE,
        customer_id=customer.id,
        currency=charge.currency,
        language=language,
        payment_terms=customer.payment_terms or get_company().payment_terms,
        buyer_reference=customer.buyer_reference,
        delivered_on=charge.charged_on,
        options={},
        created_at=now,
        created_by=actor,
        lines=[InvoiceLine(**line)],
    )
