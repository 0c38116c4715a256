"""Grants the early discount an invoice promises: who pays what it asks for in time owes nothing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from app.audit.services import record
from app.invoices.models import Invoice
from app.invoices.queries import document_name, get_invoice
from app.ledger import services as posting
from app.ledger.models import EntryKind
from app.ledger.queries import list_timelines
from app.ledger.rules import lowest_from
from app.ledger.services import NewEntry
from app.payments.models import Allocation, Payment
from app.payments.queries import get_payment
from app.payments.queries_early import list_discounts, list_paid_on, read_offers
from app.payments.rules import EarlyOffer, earned_discount, kept_discount


def grant_discounts(
    payment: Payment, allocations: Sequence[Allocation], invoices: Mapping[int, Invoice], *, actor: str, now: datetime
) -> None:
    """Writes off what need not be paid any more now that these allocations of one payment stand."""
    for invoice_id, offer in read_offers(invoices).items():
        if placed := [row for row in allocations if row.invoice_id == invoice_id]:
            last = placed[-1]
            _grant(payment, last, invoices[invoice_id], offer, last.effective_on, actor=actor, now=now)


def make_way(invoice_id: int, crediting: int, on: date, *, actor: str, now: datetime) -> int:
    """Takes the discount back for a credit note of so much; how much of it is to come again once that stands."""
    granted = list_discounts(invoice_id)
    if not granted:
        return 0
    take_back_discounts(invoice_id, f"discount:{granted[0].position}", on, actor=actor, now=now)
    after = read_offers([invoice_id], crediting=crediting).get(invoice_id)
    return kept_discount(after, -sum(entry.amount for entry in granted))


def renew_discount(invoice_id: int, on: date, *, actor: str, now: datetime) -> None:
    """What was paid in time may settle what the credit note of this day leaves of an invoice."""
    offer = read_offers([invoice_id]).get(invoice_id)
    in_time = [row for day, row in list_paid_on(invoice_id) if offer and day <= offer.until]
    if offer and in_time:
        last = in_time[-1]
        payment, invoice = get_payment(last.payment_id), get_invoice(invoice_id)
        _grant(payment, last, invoice, offer, max(on, last.effective_on), actor=actor, now=now)


def take_back_discounts(invoice_id: int, cause: str, on: date, *, actor: str, now: datetime) -> None:
    """A part of what earned it is gone. It counts from `on`, but never before the discount did."""
    for entry in list_discounts(invoice_id):
        since = max(on, entry.effective_on)
        posting.reverse_all([entry.position], effective_on=since, reason=cause, actor=actor, now=now)


def _grant(
    payment: Payment, last: Allocation, invoice: Invoice, offer: EarlyOffer, since: date, *, actor: str, now: datetime
) -> None:
    timelines = list_timelines([document_name(invoice.id)])
    rests = {key: lowest_from(timeline.changes, since) for key, timeline in timelines.items()}
    discount = earned_discount(offer, sum(rests.values()))
    if not discount:
        return
    entries = [
        NewEntry(
            kind=EntryKind.WRITE_OFF, effective_on=since, customer_id=payment.customer_id,
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
