"""Registers invoices of an earlier system: they keep their numbers, stand outside our series, and are owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update

from app.audit.services import record_many
from app.db.base import session
from app.db.bulk import insert_for_ids, insert_rows
from app.invoices.models import Instalment, Invoice, InvoiceKind, InvoiceState
from app.invoices.queries import document_name, get_invoice
from app.kernel.errors import BadInput
from app.kernel.texts import clean_line
from app.ledger.models import EntryKind
from app.ledger.services import NewEntry, post_many

ORIGIN = "history"
CHUNK = 500


class NumberTaken(BadInput):
    """{number} is registered already, with other facts."""


class AmountWrong(BadInput):
    """{number}: the gross amount must be 0 or more. Leave credit notes out and import what they leave open."""


@dataclass(frozen=True, kw_only=True)
class HistoryInvoice:
    """One invoice of an earlier system; `gross` in minor units."""

    number: str
    customer_id: int
    issued_on: date
    due_on: date
    currency: str
    gross: int


def register_history_invoice(
    number: str,
    customer_id: int,
    *,
    issued_on: date,
    due_on: date,
    currency: str,
    gross: int,
    actor: str,
    now: datetime,
) -> Invoice:
    """One invoice of an earlier system. The same facts again return what is there. Raises NumberTaken, AmountWrong."""
    one = HistoryInvoice(
        number=number, customer_id=customer_id, issued_on=issued_on, due_on=due_on, currency=currency, gross=gross
    )
    ids = register_history_invoices([one], actor=actor, now=now)
    return get_invoice(ids[clean_line(number, "number")])


def register_history_invoices(invoices: Sequence[HistoryInvoice], *, actor: str, now: datetime) -> dict[str, int]:
    """Invoice id by number. Those registered before with the same facts are left alone."""
    wanted = {one.number: one for one in map(_checked, invoices)}
    ids: dict[str, int] = {}
    numbers = list(wanted)
    for start in range(0, len(numbers), CHUNK):
        chunk = {number: wanted[number] for number in numbers[start : start + CHUNK]}
        known = _known(chunk)
        ids |= known
        fresh = [one for number, one in chunk.items() if number not in known]
        ids |= _register(fresh, actor=actor, now=now)
    return ids


def _checked(one: HistoryInvoice) -> HistoryInvoice:
    if one.gross < 0:
        raise AmountWrong(field="gross", number=one.number)
    return HistoryInvoice(
        number=clean_line(one.number, "number", required=True),
        customer_id=one.customer_id,
        issued_on=one.issued_on,
        due_on=one.due_on,
        currency=one.currency,
        gross=one.gross,
    )


def _known(chunk: dict[str, HistoryInvoice]) -> dict[str, int]:
    rows = session().execute(
        select(
            Invoice.number, Invoice.id, Invoice.customer_id, Invoice.issued_on, Invoice.due_on, Invoice.currency,
            Invoice.gross_total,
        ).where(Invoice.origin == ORIGIN, Invoice.number.in_(chunk))
    )  # fmt: skip
    known: dict[str, int] = {}
    for row in rows:
        one = chunk[str(row.number)]
        facts = (one.customer_id, one.issued_on, one.due_on, one.currency, one.gross)
        if facts != (row.customer_id, row.issued_on, row.due_on, row.currency, row.gross_total):
            raise NumberTaken(field="number", number=one.number)
        known[one.number] = row.id
    return known


def _register(fresh: Sequence[HistoryInvoice], *, actor: str, now: datetime) -> dict[str, int]:
    """Writes drafts with their instalments, then makes them issued: the database guards what is issued."""
    if not fresh:
        return {}
    made = insert_for_ids(Invoice, [_draft(one, actor=actor, now=now) for one in fresh])
    ids = dict(zip((one.number for one in fresh), made, strict=True))
    insert_rows(Instalment, [_instalment(ids[one.number], one) for one in fresh])
    session().execute(
        update(Invoice),
        [{"id": ids[one.number], "state": InvoiceState.ISSUED, "number": one.number} for one in fresh],
    )
    post_many([_entry(ids[one.number], one) for one in fresh if one.gross], actor=actor, now=now)
    facts = [
        {
            "object_id": ids[one.number], "invoice_id": ids[one.number], "customer_id": one.customer_id,
            "number": one.number, "gross": one.gross, "currency": one.currency,
        }
        for one in fresh
    ]  # fmt: skip
    record_many("invoice.registered", facts, actor=actor, now=now, object_kind="invoice")
    return ids


def _draft(one: HistoryInvoice, *, actor: str, now: datetime) -> dict[str, object]:
    return {
        "kind": InvoiceKind.INVOICE,
        "state": InvoiceState.DRAFT,
        "origin": ORIGIN,
        "customer_id": one.customer_id,
        "currency": one.currency,
        "issued_on": one.issued_on,
        "issued_at": now,
        "issued_by": actor,
        "due_on": one.due_on,
        "net_total": one.gross,
        "gross_total": one.gross,
        "amount_due": one.gross,
        "created_at": now,
        "created_by": actor,
    }


def _instalment(invoice_id: int, one: HistoryInvoice) -> dict[str, object]:
    return {"invoice_id": invoice_id, "position": 1, "due_on": one.due_on, "amount": one.gross}


def _entry(invoice_id: int, one: HistoryInvoice) -> NewEntry:
    return NewEntry(
        kind=EntryKind.INSTALMENT,
        effective_on=one.issued_on,
        customer_id=one.customer_id,
        currency=one.currency,
        document=document_name(invoice_id),
        instalment=1,
        due_on=one.due_on,
        amount=one.gross,
        reason=document_name(invoice_id),
    )
