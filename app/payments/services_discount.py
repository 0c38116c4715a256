"""Grants the early discount an invoice promises: who pays what it asks for in time owes nothing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from app.audit.services import record
from app.invoices.models import Invoice
from app.invoices.queries import document_name
from app.ledger import services as posting
from app.ledger.models import EntryKind
from app.ledger.queries import list_timelines
from app.ledger.rules import lowest_from
from app.ledger.services import NewEntry
from app.payments.models import Allocation, Payment
from app.payments.queries_early import list_discounts, read_offers
from app.payments.rules import EarlyOffer, earned_discount


def grant_discounts(
    payment: Payment, allocations: Sequence[Allocation], invoices: Mapping[int, Invoice], *, actor: str, now: datetime
) -> None:
    """Writes off what need not be paid any more now that these allocations of one payment stand."""
    for invoice_id, offer in read_offers(invoices).items():
        if placed := [row for row in allocations if row.invoice_id == invoice_id]:
            _grant(payment, placed[-1], invoices[invoice_id], offer, actor=actor, now=now)


def take_back_discounts(invoice_id: int, cause: str, on: date, *, actor: str, now: datetime) -> None:
    """A part of what earned it is gone. It counts from `on`, but never before the discount did."""
    for entry in list_discounts(invoice_id):
        since = max(on, entry.effective_on)
        posting.reverse_all([entry.position], effective_on=since, reason=cause, actor=actor, now=now)


def _grant(
    payment: Payment, last: Allocation, invoice: Invoice, offer: EarlyOffer, *, actor: str, now: datetime
) -> None:
    timelines = list_timelines([document_name(invoice.id)])
    rests = {key: lowest_from(timeline.changes, last.effective_on) for key, timeline in timelines.items()}
    discount = earned_discount(offer, sum(rests.values()))
    if not discount:
        return
    entries = [
        NewEntry(
            kind=EntryKind.WRITE_OFF, effective_on=last.effective_on, customer_id=payment.customer_id,
            currency=payment.currency, amount=-rest, document=document, instalment=instalment,
            reason=f"allocation:{last.id}",
        )
        for (document, instalment), rest in rests.items() if rest
    ]  # fmt: skip
    posting.post(entries, actor=actor, now=now)
    record(
        "invoice.discounted", actor=actor, now=now, object_kind="invoice", object_id=invoice.id,
        order_id=invoice.order_id, customer_id=invoice.customer_id, invoice_id=invoice.id, number=invoice.number,
        amount=discount, currency=invoice.currency, payment=payment.number,
    )  # fmt: skip
