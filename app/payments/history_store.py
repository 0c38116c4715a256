"""Writes what was decided about an earlier system's files: thousands of rows at a time, posted in one line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any

from app.audit.services import record_many
from app.company.identifiers import check_email
from app.customers.rules import CustomerData
from app.customers.services_history import adopt_customers, register_customers
from app.db.bulk import insert_for_ids
from app.invoices.queries import document_name
from app.invoices.services import HistoryInvoice, register_history_invoices
from app.ledger.models import EntryKind
from app.ledger.services import NewEntry, post_many
from app.payments.history_plan import NUMBER, Placed, Plan
from app.payments.models import Allocation, Payment
from app.payments.rules_history import SOURCE, CustomerRow, InvoiceRow, PaymentRow

CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class _Stored:
    """A payment with the ids its row and its allocations got."""

    row: PaymentRow
    placed: list[Placed]
    customer_id: int
    payment_id: int
    allocation_ids: list[int]


def store_plan(plan: Plan, today: date, *, actor: str, now: datetime) -> None:
    """Writes customers, invoices and payments in the caller's unit of work."""
    adopt_customers(plan.adopted, actor=actor, now=now)
    customers = [_customer(row) for row in plan.customers]
    customer_ids = plan.customer_ids | register_customers(customers, on=today, actor=actor, now=now)
    invoices = [_invoice(row, customer_ids[row.customer_id]) for row in plan.invoices]
    invoice_ids = plan.invoice_ids | register_history_invoices(invoices, actor=actor, now=now)
    waiting = iter(plan.payments)
    while chunk := list(islice(waiting, CHUNK)):
        stored = _store_payments(chunk, customer_ids, invoice_ids, actor=actor, now=now)
        post_many([entry for one in stored for entry in _entries(one, invoice_ids)], actor=actor, now=now)
        _note(stored, invoice_ids, actor=actor, now=now)


def _customer(row: CustomerRow) -> CustomerData:
    return CustomerData(
        name=row.name,
        country=row.country,
        currency=row.currency,
        payment_terms=row.payment_terms,
        billing_email=check_email(row.email, "email"),
        source=SOURCE,
        external_id=row.customer_id,
    )


def _invoice(row: InvoiceRow, customer_id: int) -> HistoryInvoice:
    return HistoryInvoice(
        number=row.number,
        customer_id=customer_id,
        issued_on=row.issued_on,
        due_on=row.due_on,
        currency=row.currency,
        gross=row.gross,
    )


def _store_payments(
    payments: Sequence[tuple[PaymentRow, list[Placed]]],
    customer_ids: dict[str, int],
    invoice_ids: dict[str, int],
    *,
    actor: str,
    now: datetime,
) -> list[_Stored]:
    stamp = {"recorded_at": now, "recorded_by": actor}
    rows = [_payment(row, customer_ids[row.customer_id]) | stamp for row, _ in payments]
    ids = insert_for_ids(Payment, rows)
    parts = [
        {
            "payment_id": payment_id,
            "invoice_id": invoice_ids[one.row.invoice],
            "instalment": 1,
            "amount": one.row.amount,
            "effective_on": one.effective_on,
            **stamp,
        }
        for (_, placed), payment_id in zip(payments, ids, strict=True)
        for one in placed
    ]
    allocation_ids = iter(insert_for_ids(Allocation, parts))
    return [
        _Stored(row, placed, customer_ids[row.customer_id], payment_id, _take(allocation_ids, len(placed)))
        for (row, placed), payment_id in zip(payments, ids, strict=True)
    ]


def _payment(row: PaymentRow, customer_id: int) -> dict[str, Any]:
    return {
        "number": NUMBER.format(row.payment_id),
        "source": SOURCE,
        "external_id": row.payment_id,
        "customer_id": customer_id,
        "received_on": row.received_on,
        "currency": row.currency,
        "amount": row.amount,
    }


def _entries(one: _Stored, invoice_ids: dict[str, int]) -> Iterator[NewEntry]:
    receipt = NewEntry(
        kind=EntryKind.RECEIPT,
        effective_on=one.row.received_on,
        customer_id=one.customer_id,
        currency=one.row.currency,
        amount=-one.row.amount,
        reason=f"payment:{one.payment_id}",
    )
    yield receipt
    for placed, allocation_id in zip(one.placed, one.allocation_ids, strict=True):
        application = replace(
            receipt,
            kind=EntryKind.APPLICATION,
            effective_on=placed.effective_on,
            amount=placed.row.amount,
            reason=f"allocation:{allocation_id}",
        )
        document = document_name(invoice_ids[placed.row.invoice])
        yield replace(
            application, kind=EntryKind.SETTLEMENT, amount=-placed.row.amount, document=document, instalment=1
        )
        yield application


def _note(stored: Sequence[_Stored], invoice_ids: dict[str, int], *, actor: str, now: datetime) -> None:
    recorded, allocated = [], []
    for one in stored:
        row = one.row
        about = {
            "object_id": one.payment_id,
            "customer_id": one.customer_id,
            "number": NUMBER.format(row.payment_id),
            "currency": row.currency,
        }
        recorded.append({**about, "amount": row.amount, "received_on": row.received_on.isoformat(), "source": SOURCE})
        for placed in one.placed:
            said = {"invoice": placed.row.invoice, "instalment": 1, "amount": placed.row.amount}
            ids = {"invoice_id": invoice_ids[placed.row.invoice]}
            allocated.append({**about, **ids, **said, "effective_on": placed.effective_on.isoformat()})
    record_many("payment.recorded", recorded, actor=actor, now=now, object_kind="payment")
    record_many("payment.allocated", allocated, actor=actor, now=now, object_kind="payment")


def _take(ids: Iterator[int], count: int) -> list[int]:
    return list(islice(ids, count))
