"""Lets what a credit note left on account be placed like money: a payment of kind credit, in step with the ledger."""

from __future__ import annotations

from datetime import date, datetime

from app.audit.services import record
from app.db.base import session
from app.invoices.queries import document_name, get_invoice
from app.ledger import queries as ledger
from app.ledger.models import EntryKind
from app.ledger.rules import lowest_from
from app.payments import queries
from app.payments.models import Payment
from app.payments.queries_settling import list_live_deductions, list_waiting_deductions
from app.payments.rules_settling import PaymentKind
from app.payments.services_deductions import drop_deduction, take_deduction_back

SOURCE = "credit_note"


def record_credit(credit_note_id: int, *, actor: str, now: datetime) -> Payment | None:
    """The payment that holds what this credit note left on account, under its number; None if nothing was left."""
    name = document_name(credit_note_id)
    if known := queries.find_by_external_id(SOURCE, name):
        return known
    left = [
        entry for entry in ledger.list_entries_of(name) if entry.kind is EntryKind.CREDIT and entry.document is None
    ]
    amount = -sum(entry.amount for entry in left)
    if not amount:
        return None
    credit_note = get_invoice(credit_note_id)
    payment = Payment(
        number=credit_note.number or name,
        kind=PaymentKind.CREDIT,
        source=SOURCE,
        external_id=name,
        customer_id=credit_note.customer_id,
        received_on=left[0].effective_on,
        currency=credit_note.currency,
        amount=amount,
        remittance=f"Left of {credit_note.number}",
        recorded_at=now,
        recorded_by=actor,
    )
    session().add(payment)
    session().flush()
    record(
        "payment.credited", actor=actor, now=now, object_kind="payment", object_id=payment.id,
        customer_id=payment.customer_id, number=payment.number, amount=amount, currency=payment.currency,
    )  # fmt: skip
    return payment


def free_deductions(
    invoice_id: int, *, on: date, reason: str, amount: int | None = None, actor: str, now: datetime
) -> int:
    """Takes back what was let go of an invoice that is credited, so that it is not given twice; how many.

    All of it, or the newest until `amount` is open.
    """
    taken = 0
    for deduction in list_live_deductions(invoice_id):
        if amount is not None and ledger.open_amount(document_name(invoice_id)) >= amount:
            break
        since = max(on, deduction.effective_on or on)
        take_deduction_back(deduction, reason, since, actor=actor, now=now)
        taken += 1
    return taken


def drop_deductions(credit_note_id: int, *, now: datetime) -> int:
    """How many waiting deductions of the credited invoice it refused; the oldest keep what is still open."""
    credit_note, dropped = get_invoice(credit_note_id), 0
    if not credit_note.original_id or not (waiting := list_waiting_deductions(credit_note.original_id)):
        return 0
    timelines = ledger.list_timelines([document_name(credit_note.original_id)])
    free = {instalment: lowest_from(line.changes, date.max) for (_, instalment), line in timelines.items()}
    for deduction in waiting:
        if deduction.amount <= free[deduction.instalment]:
            free[deduction.instalment] -= deduction.amount
            continue
        drop_deduction(deduction, f"Credited by {credit_note.number}", now=now)
        dropped += 1
    return dropped
