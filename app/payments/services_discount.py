"""Grants the early discount an invoice promises: who pays what it asks for in time owes nothing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from app.audit.services import record
from app.invoices.models import Invoice
from app.invoices.queries import document_name
from app.kernel.money import to_minor
from app.ledger import services as posting
from app.ledger.models import EntryKind
from app.ledger.queries import list_timelines
from app.ledger.rules import lowest_from
from app.ledger.services import NewEntry
from app.payments.models import Allocation, Payment
from app.payments.queries_cash import came_on
from app.payments.rules import earned_discount


def grant_discounts(
    payment: Payment, allocations: Sequence[Allocation], invoices: Mapping[int, Invoice], *, actor: str, now: datetime
) -> int:
    """Writes off what these allocations of one payment need not pay; minor units. Undoing them takes it back."""
    granted = 0
    for invoice in invoices.values():
        placed = [row for row in allocations if row.invoice_id == invoice.id]
        if placed and invoice.snapshot and invoice.snapshot["early_discount"]:
            granted += _grant(payment, placed, invoice, actor=actor, now=now)
    return granted


def _grant(payment: Payment, placed: Sequence[Allocation], invoice: Invoice, *, actor: str, now: datetime) -> int:
    timelines = list_timelines([document_name(invoice.id)])
    rests = {key: lowest_from(timeline.changes, placed[-1].effective_on) for key, timeline in timelines.items()}
    paid = sum(row.amount for row in placed)
    promise = (invoice.snapshot or {})["early_discount"]
    payable, *saved = (
        to_minor(Decimal(promise[name]), invoice.currency) for name in ("payable", "discount_net", "discount_tax")
    )
    discount = earned_discount(
        paid, sum(rests.values()) + paid, payable=payable, discount=sum(saved),
        until=date.fromisoformat(promise["until"]), received_on=came_on(payment),
    )  # fmt: skip
    if not discount:
        return 0
    entries = [
        NewEntry(
            kind=EntryKind.WRITE_OFF, effective_on=placed[-1].effective_on, customer_id=payment.customer_id,
            currency=payment.currency, amount=-rest, document=document, instalment=instalment,
            reason=f"allocation:{placed[-1].id}",
        )
        for (document, instalment), rest in rests.items() if rest
    ]  # fmt: skip
    posting.post(entries, actor=actor, now=now)
    record(
        "invoice.discounted", actor=actor, now=now, object_kind="invoice", object_id=invoice.id,
        order_id=invoice.order_id, customer_id=invoice.customer_id, invoice_id=invoice.id, number=invoice.number,
        amount=discount, currency=invoice.currency, payment=payment.number,
    )  # fmt: skip
    return discount
