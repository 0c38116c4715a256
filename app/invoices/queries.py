"""Finds invoices, and derives how each stands from the ledger."""

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from app.db.base import session
from app.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState, Scope
from app.invoices.queries_orders import of_orders
from app.kernel.errors import NotFound, RuleError
from app.kernel.money import to_minor
from app.ledger.models import LedgerEntry
from app.orders.models import Order
from app.outbox.models import Message


class InvoiceUnknown(NotFound):
    """There is no such invoice."""


class DraftOnly(RuleError):
    """{number} is issued already and cannot be changed. Credit it, then issue a new one."""


class Standing(enum.StrEnum):
    """How an invoice stands as of a date; derived, never stored."""

    DRAFT = "draft"
    NOT_DUE = "not_due"
    PARTLY_SETTLED = "partly_settled"
    OVERDUE = "overdue"
    SETTLED = "settled"
    CREDITED = "credited"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True)
class Position:
    """Where an invoice stands; `open` in minor units, `days_past_due` of its oldest open instalment (0: not due)."""

    standing: Standing
    open: int = 0
    days_past_due: int = 0
    is_partly_settled: bool = False


@dataclass(frozen=True, slots=True)
class OpenPart:
    """What is open of one instalment; minor units."""

    position: int
    due_on: date
    amount: int
    open: int


class Placed(Protocol):
    """What a position is derived from: an invoice, or a row of a list."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> InvoiceKind: ...
    @property
    def state(self) -> InvoiceState: ...
    @property
    def amount_due(self) -> int: ...


def document_name(invoice_id: int) -> str:
    """How the ledger calls an invoice."""
    return f"invoice:{invoice_id}"


def invoice_id_of(document: str) -> int | None:
    """The invoice behind a ledger document, None for other documents."""
    kind, _, number = document.partition(":")
    return int(number) if kind == "invoice" and number.isdecimal() else None


def get_invoice(invoice_id: int) -> Invoice:
    found = session().get(Invoice, invoice_id)
    if found is None:
        raise InvoiceUnknown
    return found


def find_invoice(invoice_id: int | None) -> Invoice | None:
    return session().get(Invoice, invoice_id) if invoice_id else None


def find_by_number(number: str) -> Invoice | None:
    """The invoice or credit note of this number; our own before one of an earlier system."""
    chosen = select(Invoice).where(Invoice.number == number.strip(), Invoice.origin.in_(("own", "history")))
    return session().scalars(chosen.order_by(Invoice.origin.desc()).limit(1)).first()


def get_by_number(number: str) -> Invoice:
    found = find_by_number(number)
    if found is None:
        raise InvoiceUnknown(f"There is no invoice {number}.")
    return found


def is_credited(invoice: Invoice) -> bool:
    """Whether issued credit notes have given back all of it."""
    return invoice.id in list_credited([invoice.id])


def find_credit_note(invoice_id: int) -> Invoice | None:
    """The first issued credit note over this invoice, or a part of it."""
    notes = session().scalars(select(Invoice).where(Invoice.original_id == invoice_id).order_by(Invoice.id))
    return next((note for note in notes if note.state is InvoiceState.ISSUED), None)


def list_of_order(order_id: int) -> list[Invoice]:
    """Everything drafted or issued for an order, oldest first."""
    return list(session().scalars(select(Invoice).where(of_orders([order_id])).order_by(Invoice.id)))


def names_of_order(order_id: int) -> list[str]:
    """What an order's live invoices are called."""
    credited = list_credited([invoice.id for invoice in list_of_order(order_id)])
    return [
        invoice.number or f"draft {invoice.id}"
        for invoice in list_of_order(order_id)
        if invoice.kind is InvoiceKind.INVOICE and invoice.id not in credited
    ]


def mark_of(invoice: Invoice) -> str:
    """What tells a draft from itself after a change, and from another draft: a page sends back the one it showed."""
    return f"{invoice.id}-{invoice.created_at.timestamp():.0f}-{invoice.version}-{invoice.gross_total}"


def find_order_number(order_id: int) -> str | None:
    return session().scalar(select(Order.number).where(Order.id == order_id))


def remaining_quantities(order: Order, *, apart_from: int | None = None) -> dict[int, Decimal]:
    """Order line id -> quantity not yet on a draft or an issued invoice; what was credited is free again."""
    billed = billed_quantities([line.id for line in order.lines], apart_from)
    return {line.id: max(line.standing - billed.get(line.id, Decimal(0)), Decimal(0)) for line in order.lines}


def delivered_quantities(order: Order) -> dict[int, Decimal]:
    """Order line id -> quantity delivered and not yet on a draft or an issued invoice."""
    billed = billed_quantities([line.id for line in order.lines])
    return {line.id: max(line.fulfilled_quantity - billed.get(line.id, Decimal(0)), Decimal(0)) for line in order.lines}


def list_sent(invoice_id: int) -> list[Message]:
    """The mails that carry this document, oldest first."""
    chosen = select(Message).where(
        Message.object_kind == "invoice",
        Message.object_id == invoice_id,
        Message.kind.in_([kind.value for kind in InvoiceKind]),
    )
    return list(session().scalars(chosen.order_by(Message.id)))


def position_of(invoice: Placed, as_of: date) -> Position:
    """Where one invoice stands at the end of that day."""
    return positions_of([invoice], as_of)[invoice.id]


def positions_of(invoices: Sequence[Placed], as_of: date) -> dict[int, Position]:
    """Where each of a page's invoices stands, in two queries however many there are."""
    issued = [invoice.id for invoice in invoices if invoice.state is InvoiceState.ISSUED]
    parts = _open_parts(issued, as_of)
    credited = list_credited(issued)
    return {
        invoice.id: derive_position(
            invoice, [part for part in parts.get(invoice.id, ()) if part.open], as_of, invoice.id in credited
        )
        for invoice in invoices
    }


def derive_position(invoice: Placed, open_parts: Sequence[OpenPart], as_of: date, is_credited: bool) -> Position:
    """The standing that follows from what is open: credited and overdue are said before partly settled."""
    if invoice.state is InvoiceState.DRAFT:
        return Position(Standing.DRAFT)
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        return Position(Standing.CREDIT_NOTE)
    still_open = sum(part.open for part in open_parts)
    if still_open == 0:
        return Position(Standing.CREDITED if is_credited else Standing.SETTLED)
    days = max(0, *((as_of - part.due_on).days for part in open_parts))
    is_partly = still_open < invoice.amount_due
    if days:
        return Position(Standing.OVERDUE, still_open, days, is_partly)
    return Position(Standing.PARTLY_SETTLED if is_partly else Standing.NOT_DUE, still_open, 0, is_partly)


def list_open_parts(invoice: Invoice, as_of: date) -> list[OpenPart]:
    """Each instalment with what is open of it."""
    known = {part.position: part for part in _open_parts([invoice.id], as_of).get(invoice.id, ())}
    return [
        OpenPart(part.position, part.due_on, part.amount, known[part.position].open if part.position in known else 0)
        for part in invoice.instalments
    ]


def list_parts_to_come(content: Mapping[str, Any]) -> list[OpenPart]:
    """The instalments a draft would have, of the content that would be issued; none where nothing is due."""
    said = [(one["due_on"], to_minor(Decimal(one["amount"]), content["currency"])) for one in content["instalments"]]
    return [
        OpenPart(position, date.fromisoformat(day), amount, amount)
        for position, (day, amount) in enumerate(said, 1)
        if amount
    ]


def _open_parts(invoice_ids: Sequence[int], as_of: date) -> dict[int, list[OpenPart]]:
    if not invoice_ids:
        return {}
    entry, names = LedgerEntry, {document_name(one): one for one in invoice_ids}
    added = (
        select(entry.document, entry.instalment, func.max(entry.due_on), func.sum(entry.amount))
        .where(entry.document.in_(names), entry.effective_on <= as_of)
        .group_by(entry.document, entry.instalment)
    )
    parts: dict[int, list[OpenPart]] = {}
    for document, instalment, due_on, amount in session().execute(added):
        part = OpenPart(int(instalment or 0), due_on or as_of, 0, int(amount))
        parts.setdefault(names[str(document)], []).append(part)
    return parts


def list_credited(invoice_ids: Collection[int]) -> set[int]:
    """Those among these that issued credit notes took back in full."""
    if not invoice_ids:
        return set()
    # The state is looked at here: asked in SQL, it leads SQLite to the index on states, which holds every invoice
    note, original = aliased(Invoice), aliased(Invoice)
    notes = session().execute(
        select(
            original.id,
            original.gross_total,
            note.state,
            case((note.scope == Scope.WHOLE, note.gross_total), else_=note.amount_due),
        )
        .join(original, original.id == note.original_id)
        .where(note.original_id.in_(invoice_ids))
    )
    left: dict[int, int] = {}
    for original_id, whole, state, part in notes:
        if state is InvoiceState.ISSUED:
            left[original_id] = left.get(original_id, whole) - part
    return {original_id for original_id, rest in left.items() if rest <= 0}


def billed_quantities(order_line_ids: Sequence[int], apart_from: int | None = None) -> dict[int, Decimal]:
    """What drafts and issued invoices take, less what credit notes give back."""
    rows = session().execute(
        select(InvoiceLine.order_line_id, Invoice.kind, Invoice.state, InvoiceLine.quantity)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(InvoiceLine.order_line_id.in_(order_line_ids), Invoice.id != (apart_from or 0))
    )
    billed: dict[int, Decimal] = {}
    for line_id, kind, state, quantity in rows:
        # Asked here, for a database without statistics would go through all invoices of a kind and state
        if line_id is not None and (kind is InvoiceKind.INVOICE or state is InvoiceState.ISSUED):
            sign = -1 if kind is InvoiceKind.CREDIT_NOTE else 1
            billed[line_id] = billed.get(line_id, Decimal(0)) + sign * quantity
    return billed
