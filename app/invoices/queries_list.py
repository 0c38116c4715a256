"""Finds the rows of the invoice lists without reading more of the table than a page shows."""

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from app.customers.models import Customer
from app.customers.queries import filter_customers
from app.db.base import session
from app.invoices.models import Invoice, InvoiceKind, InvoiceState, Scope
from app.invoices.queries import Standing, invoice_id_of
from app.ledger.models import LedgerEntry
from app.ledger.queries import OpenItem, list_open_items

CHUNK = 500
MOST_RARE = 1_000  # so many matches are fetched and sorted; more are dense enough to meet them on the way
MOST_CUSTOMERS = 50
LAST = "\U0010ffff"
MOST_DRAFTS_COUNTED = 1_000


class View(enum.StrEnum):
    """What the list can be narrowed to: `?state=`."""

    DRAFT = "draft"
    NOT_DUE = "not_due"
    PARTLY_SETTLED = "partly_settled"
    OVERDUE = "overdue"
    SETTLED = "settled"
    CREDITED = "credited"
    CREDIT_NOTE = "credit_note"


OPEN_VIEWS: Mapping[View, Standing] = {
    View.NOT_DUE: Standing.NOT_DUE,
    View.PARTLY_SETTLED: Standing.PARTLY_SETTLED,
    View.OVERDUE: Standing.OVERDUE,
}


@dataclass
class OpenGroup:
    """The invoices of one standing: their ids, newest first, and what is open of them by currency (minor units)."""

    ids: list[int] = field(default_factory=list)
    amounts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class OpenBook:
    """Everything open at the end of a day, by standing."""

    groups: Mapping[Standing, OpenGroup]

    def group(self, standing: Standing) -> OpenGroup:
        return self.groups.get(standing, OpenGroup())


@dataclass(frozen=True)
class Filter:
    """What the list shows."""

    view: View | None = None
    query: str = ""
    customer_id: int | None = None
    issued_from: date | None = None
    issued_until: date | None = None
    near: tuple[int, ...] | None = None  # only these ids can stand on the page; the rest of the filter is in them

    @property
    def is_view_alone(self) -> bool:
        return not (self.query or self.customer_id or self.issued_from or self.issued_until)

    @property
    def is_query_alone(self) -> bool:
        return bool(self.query) and not (self.view or self.customer_id or self.issued_from or self.issued_until)


def select_rows(wanted: Filter, as_of: date) -> Select[Any]:
    """The columns of the list, for keyset reading by id."""
    columns: list[Any] = [
        Invoice.id, Invoice.number, Invoice.kind, Invoice.state, Invoice.origin, Invoice.issued_on, Invoice.due_on,
        Invoice.currency, Invoice.gross_total, Invoice.amount_due, Invoice.customer_id, Customer.name.label("customer"),
        Invoice.company_currency, Invoice.company_net_total, Invoice.company_tax_total, Invoice.company_gross_total,
        Invoice.exchange_rate, Invoice.service_from, Invoice.service_until,
    ]  # fmt: skip
    statement = select(*columns).join(Customer, Customer.id == Invoice.customer_id)
    return statement.where(*_conditions(wanted, as_of))


def read_open_book(as_of: date) -> OpenBook:
    """What is open, by standing. Kept until the ledger grows: it only ever does, so its length says it all."""
    newest = select(LedgerEntry.position, LedgerEntry.recorded_at).order_by(LedgerEntry.position.desc()).limit(1)
    key = (session().execute(newest).one_or_none(), as_of)
    kept: dict[Any, OpenBook] = current_app.extensions.setdefault("tillpaid_open_book", {})
    if key not in kept:
        kept.clear()
        kept[key] = OpenBook(_group(list_open_items(as_of), as_of))
    return kept[key]


def count_drafts() -> int:
    """Drafts, up to a bound."""
    some = select(Invoice.id).where(Invoice.state == InvoiceState.DRAFT).limit(MOST_DRAFTS_COUNTED)
    return session().scalar(select(func.count()).select_from(some.subquery())) or 0


def _conditions(wanted: Filter, as_of: date) -> Iterator[ColumnElement[bool]]:
    if wanted.near is not None:
        yield Invoice.id.in_(wanted.near)
        return
    if wanted.view is not None:
        yield _of_view(wanted.view, as_of)
    if wanted.customer_id is not None:
        yield Invoice.customer_id == wanted.customer_id
    if wanted.issued_from is not None:
        yield Invoice.issued_on >= wanted.issued_from
    if wanted.issued_until is not None:
        yield Invoice.issued_on <= wanted.issued_until
    if wanted.query:
        yield _matches(wanted.query)


def _of_view(view: View, as_of: date) -> ColumnElement[bool]:
    if view in OPEN_VIEWS:
        return Invoice.id.in_(read_open_book(as_of).group(OPEN_VIEWS[view]).ids)
    if view is View.DRAFT:
        return Invoice.state == InvoiceState.DRAFT
    issued = Invoice.state == InvoiceState.ISSUED
    if view is View.CREDIT_NOTE:
        return and_(issued, Invoice.kind == InvoiceKind.CREDIT_NOTE)
    credited = _is_credited()
    if view is View.CREDITED:
        return credited
    return and_(issued, Invoice.kind == InvoiceKind.INVOICE, ~credited, _open_of_row() == 0)


def _is_credited() -> ColumnElement[bool]:
    """Whether issued credit notes gave back all of it."""
    note = aliased(Invoice)
    some = select(note.original_id).where(note.original_id.is_not(None), note.state == InvoiceState.ISSUED)
    return and_(Invoice.id.in_(some), credited_of_row() >= Invoice.gross_total)


def credited_of_row() -> ColumnElement[int | None]:
    """What issued credit notes gave back of this row's document; nothing where there is none."""
    note = aliased(Invoice)
    given = func.sum(case((note.scope == Scope.WHOLE, note.gross_total), else_=note.amount_due))
    of_row = select(given).where(note.original_id == Invoice.id, note.state == InvoiceState.ISSUED)
    return of_row.correlate(Invoice).scalar_subquery()


def _open_of_row() -> ColumnElement[int]:
    """What the ledger says of this row's document; asked for the rows of one page only."""
    document = literal("invoice:").concat(cast(Invoice.id, String))
    added = select(func.sum(LedgerEntry.amount)).where(LedgerEntry.document == document).scalar_subquery()
    return func.coalesce(added, 0)


def find_matches(query: str, *, after: int | None, before: int | None, most: int) -> list[int]:
    """Ids that a page of this search can show, each source read through its own index, never the whole table.

    `after` and `before` are the ids at the page's ends (newest first).
    """
    found: set[int] = set()
    for rare, dense in _sources(query):
        ids = None if rare is None else list(session().scalars(rare.limit(MOST_RARE + 1)))
        if ids is None or len(ids) > MOST_RARE:
            found.update(_scan(dense, after, before, most))
        else:
            found.update(ids)
    return sorted(found, reverse=True)


def _scan(matches: ColumnElement[bool], after: int | None, before: int | None, most: int) -> Iterator[int]:
    """The newest matching ids below `after`, or those just above `before` and the newest of all."""
    newest = select(Invoice.id).where(matches).order_by(Invoice.id.desc()).limit(most)
    if before is not None:
        above = select(Invoice.id).where(matches, Invoice.id > before).order_by(Invoice.id).limit(most)
        yield from session().scalars(above)
    yield from session().scalars(newest.where(Invoice.id < after) if after is not None else newest)


def _sources(query: str) -> Iterator[tuple[Select[Any] | None, ColumnElement[bool]]]:
    """(a read through an index, the same as a condition that uses none) for each way to match."""
    number = query.upper()
    for origin in ("own", "history"):
        prefix = and_(Invoice.origin == origin, Invoice.number >= number, Invoice.number < number + LAST)
        dense = and_(Invoice.origin == origin, Invoice.number.startswith(number, autoescape=True))
        yield select(Invoice.id).where(prefix).order_by(Invoice.number), dense
    if query.isascii() and query.isdigit() and len(query) < 10:
        yield select(Invoice.id).where(Invoice.sequence == int(query)), Invoice.sequence == int(query)
    yield select(Invoice.id).where(Invoice.po_number == query), Invoice.po_number == query
    matching = filter_customers(query=query).with_only_columns(Customer.id)
    customers = list(session().scalars(matching.limit(MOST_CUSTOMERS + 1)))
    unindexed = (Invoice.customer_id + 0).in_(matching)
    if len(customers) > MOST_CUSTOMERS:
        yield None, unindexed
    elif customers:
        yield select(Invoice.id).where(Invoice.customer_id.in_(customers)).order_by(Invoice.customer_id), unindexed


def _matches(query: str) -> ColumnElement[bool]:
    """A number by its beginning or its running part, a purchase order, or the customer's name."""
    ways = [Invoice.number.istartswith(query, autoescape=True), Invoice.po_number == query]
    if query.isascii() and query.isdigit() and len(query) < 10:
        ways.append(Invoice.sequence == int(query))
    customers = filter_customers(query=query).with_only_columns(Customer.id)
    return or_(*ways, Invoice.customer_id.in_(customers))


def _group(items: Sequence[OpenItem], as_of: date) -> dict[Standing, OpenGroup]:
    found: dict[int, list[OpenItem]] = {}
    for item in items:
        invoice_id = invoice_id_of(item.document)
        if invoice_id is not None:
            found.setdefault(invoice_id, []).append(item)
    due = _amounts_due(list(found))
    groups: dict[Standing, OpenGroup] = {}
    for invoice_id in sorted(found, reverse=True):
        parts = found[invoice_id]
        still_open = sum(part.open for part in parts)
        group = groups.setdefault(_standing(parts, still_open, due.get(invoice_id, 0), as_of), OpenGroup())
        group.ids.append(invoice_id)
        group.amounts[parts[0].currency] = group.amounts.get(parts[0].currency, 0) + still_open
    return groups


def _standing(parts: Sequence[OpenItem], still_open: int, amount_due: int, as_of: date) -> Standing:
    if any(part.due_on < as_of for part in parts):
        return Standing.OVERDUE
    return Standing.PARTLY_SETTLED if still_open < amount_due else Standing.NOT_DUE


def _amounts_due(invoice_ids: Sequence[int]) -> dict[int, int]:
    amounts: dict[int, int] = {}
    for start in range(0, len(invoice_ids), CHUNK):
        chunk = invoice_ids[start : start + CHUNK]
        rows = session().execute(select(Invoice.id, Invoice.amount_due).where(Invoice.id.in_(chunk)))
        amounts |= {row.id: row.amount_due for row in rows}
    return amounts
