"""Pages of invoices: the list, one invoice, what is still to be invoiced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import render_template, request, url_for

from app.auth.guards import guard
from app.auth.rules import Permission
from app.company.queries import get_company
from app.customers.queries import get_customer
from app.invoices import (  # noqa: F401 - they add their own
    panels,
    queries,
    queries_list,
    views_actions,
    views_credit,
    views_detail,
    views_draft,
    views_parts,
    views_rates,
    views_recurring,
    views_runs,
    views_series,
    views_terms,
)
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.invoices.pages import blueprint
from app.invoices.queries_list import Filter, OpenBook, View
from app.invoices.queries_recurring import plans_of_orders
from app.invoices.queries_waiting import Waiting, select_to_invoice
from app.kernel.money import Money
from app.orders.models import Order
from app.web.arguments import date_argument, id_argument, text_argument, word_argument
from app.web.filters import money, request_now, request_today
from app.web.keyset import Keyset
from app.web.keyset import Order as KeysetOrder
from app.web.listing import (
    NEWER,
    OLDER,
    PAGE_SIZE,
    Count,
    ExportColumn,
    Page,
    count_up_to,
    export_csv,
    paginate,
    url_with,
)
from app.web.panels import list_panels

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

NEWEST_FIRST: KeysetOrder = [(Invoice.id, "desc")]
TONES = {View.DRAFT: "slate", View.NOT_DUE: "info", View.PARTLY_SETTLED: "amber", View.OVERDUE: "red"}
LABELS = {
    View.DRAFT: "Drafts",
    View.NOT_DUE: "Not due",
    View.PARTLY_SETTLED: "Partly settled",
    View.OVERDUE: "Overdue",
    View.SETTLED: "Settled",
    View.CREDITED: "Credited",
    View.CREDIT_NOTE: "Credit notes",
}
EXPORT = (
    ExportColumn("number", lambda row: row[1]),
    ExportColumn("kind", lambda row: row[2].value),
    ExportColumn("customer", lambda row: row[11]),
    ExportColumn("issued_on", lambda row: row[5]),
    ExportColumn("due_on", lambda row: row[6]),
    ExportColumn("currency", lambda row: row[7]),
    ExportColumn("gross", lambda row: Money(row[8], row[7])),
    ExportColumn("company_currency", lambda row: row[12] or ""),  # empty: the document's own
    ExportColumn("company_net", lambda row: Money(row[13], row[12]) if row[12] else ""),
    ExportColumn("company_tax", lambda row: Money(row[14], row[12]) if row[12] else ""),
    ExportColumn("company_gross", lambda row: Money(row[15], row[12]) if row[12] else ""),
    ExportColumn("exchange_rate", lambda row: row[16] if row[12] else ""),
)


TO_INVOICE = (
    "id", "number", "currency", "net_total", "billed_net", "fulfilled_on", "po_number", "payment_terms", "customer_id",
    "customer", "billing_email", "drafted",
)  # fmt: skip
LONGEST_WAITING: KeysetOrder = [(Order.fulfilled_on, "asc"), (Order.id, "asc")]
TO_INVOICE_EXPORT = (
    ExportColumn("order", lambda row: row[1]),
    ExportColumn("customer", lambda row: row[9]),
    ExportColumn("purchase_order", lambda row: row[6]),
    ExportColumn("fulfilled_on", lambda row: row[5]),
    ExportColumn("payment_terms", lambda row: row[7]),
    ExportColumn("currency", lambda row: row[2]),
    ExportColumn("net", lambda row: Money(row[3], row[2])),
    ExportColumn("left", lambda row: Money(_waiting(row)["left"], row[2])),
)


@blueprint.get("")
@guard(Permission.INVOICES_VIEW)
def index() -> ResponseReturnValue:
    """Invoices and credit notes, newest first."""
    today = request_today()
    wanted, book = _read_filter(), queries_list.read_open_book(today)
    statement = queries_list.select_rows(_near_the_page(wanted, book), today)
    if request.args.get("export"):
        statement = queries_list.select_rows(wanted, today)
        return export_csv(statement, order=NEWEST_FIRST, columns=EXPORT, name="invoices", now=request_now())
    page = paginate(statement, order=NEWEST_FIRST)
    rows = [dict(zip(_COLUMNS, row, strict=True)) for row in page.rows]
    return render_template(
        "invoices/index.html",
        page=page,
        rows=rows,
        positions=queries.positions_of([_Row(row) for row in rows], today),
        count=_count(wanted, book, page, statement),
        wanted=wanted,
        customer=get_customer(wanted.customer_id) if wanted.customer_id else None,
        strip=_strip(wanted, book),
        open_amounts=_open_amounts(book),
        tabs=_tabs(wanted),
    )


@blueprint.get("/to-invoice")
@guard(Permission.INVOICES_VIEW)
def to_invoice() -> ResponseReturnValue:
    """Fulfilled orders of which something is not invoiced yet."""
    waiting = word_argument(request.args, "waiting", Waiting) or Waiting.NEVER
    statement = select_to_invoice(waiting)
    if request.args.get("export"):
        return export_csv(
            statement, order=LONGEST_WAITING, columns=TO_INVOICE_EXPORT, name="to-be-invoiced", now=request_now()
        )
    page = paginate(statement, order=LONGEST_WAITING)
    rows = [_waiting(row) for row in page.rows]
    return render_template(
        "invoices/to_invoice.html",
        page=page,
        rows=rows,
        plans=plans_of_orders([row["id"] for row in rows]),
        count=count_up_to(statement),
        waiting=waiting,
        credited=count_up_to(select_to_invoice(Waiting.CREDITED)),
        panels=list_panels("to_invoice", 0),
    )


@blueprint.get("/<int:invoice_id>/peek")
@guard(Permission.INVOICES_VIEW)
def peek(invoice_id: int) -> ResponseReturnValue:
    """An invoice beside the list."""
    invoice = queries.get_invoice(invoice_id)
    return render_template(
        "invoices/peek.html",
        invoice=invoice,
        customer=get_customer(invoice.customer_id),
        position=queries.position_of(invoice, request_today()),
        messages=queries.list_sent(invoice.id),
    )


_COLUMNS = (
    "id", "number", "kind", "state", "origin", "issued_on", "due_on", "currency", "gross_total", "amount_due",
    "customer_id", "customer", "company_currency", "company_net_total", "company_tax_total", "company_gross_total",
    "exchange_rate", "service_from", "service_until",
)  # fmt: skip


class _Row:
    """A row of the list as far as its position is derived from it."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.id: int = row["id"]
        self.kind: InvoiceKind = row["kind"]
        self.state: InvoiceState = row["state"]
        self.amount_due: int = row["amount_due"]


def _waiting(row: Any) -> dict[str, Any]:
    """A row of the list, with what neither drafts nor invoices ask for."""
    said = dict(zip(TO_INVOICE, row, strict=True))
    return said | {"left": said["net_total"] - said["billed_net"] - said["drafted"]}


def _read_filter() -> Filter:
    return Filter(
        view=word_argument(request.args, "state", View),
        query=text_argument(request.args, "q"),
        customer_id=id_argument(request.args, "customer"),
        issued_from=date_argument(request.args, "from"),
        issued_until=date_argument(request.args, "until"),
    )


def _near_the_page(wanted: Filter, book: OpenBook) -> Filter:
    """With one filter alone, only the ids that can stand on the page: they are found without reading the table."""
    standing = queries_list.OPEN_VIEWS.get(wanted.view) if wanted.view else None
    after, before = _place(OLDER), _place(NEWER)
    if standing is not None and wanted.is_view_alone:
        ids: Sequence[int] = book.group(standing).ids
    elif wanted.is_query_alone:
        ids = queries_list.find_matches(wanted.query, after=after, before=before, most=PAGE_SIZE + 2)
    else:
        return wanted
    return replace(wanted, near=tuple(_ids_around(ids, after, before)))


def _place(name: str) -> int | None:
    """The id in the address at which the page begins or ends."""
    cursor = request.args.get(name)
    return int(Keyset(NEWEST_FIRST).read(cursor)[-1]) if cursor else None


def _ids_around(ids: Sequence[int], after: int | None, before: int | None) -> list[int]:
    most = PAGE_SIZE + 2
    if before is not None:
        newer = [one for one in ids if one > before]
        return list(dict.fromkeys([*ids[:most], *newer[-most:]]))
    return [one for one in ids if after is None or one < after][:most]


def _count(wanted: Filter, book: OpenBook, page: Page, statement: Any) -> Count:
    """How many there are; of a search only whether there are more, because counting would read them all."""
    standing = queries_list.OPEN_VIEWS.get(wanted.view) if wanted.view else None
    if standing is not None and wanted.is_view_alone:
        return Count(len(book.group(standing).ids))
    if wanted.is_query_alone:
        return Count(len(page.rows), is_more=bool(page.older_url or page.newer_url))
    return count_up_to(statement)


def _strip(wanted: Filter, book: OpenBook) -> list[dict[str, Any]]:
    drafts = queries_list.count_drafts()
    segments = [_segment(wanted, View.DRAFT, drafts, str(drafts), "not issued yet")]
    for view, standing in queries_list.OPEN_VIEWS.items():
        group = book.group(standing)
        first, *rest = _amounts(group.amounts) or ["–"]
        more = " + ".join([f"{len(group.ids):,}", *rest])
        segments.append(_segment(wanted, view, len(group.ids), first, more))
    return segments


def _segment(wanted: Filter, view: View, weight: int, amount: str, more: str) -> dict[str, Any]:
    is_active = wanted.view is view
    state = None if is_active else view.value
    return {
        "label": LABELS[view],
        "amount": amount,
        "more": more,
        "weight": weight,
        "tone": TONES[view],
        "url": url_with(state=state, after="", before=""),
        "active": is_active,
    }


def _amounts(amounts: dict[str, int]) -> list[str]:
    """Each currency's amount as text, the company's first."""
    home = get_company().currency
    return [money(amounts[code], code) for code in sorted(amounts, key=lambda code: (code != home, code))]


def _open_amounts(book: OpenBook) -> str:
    total: dict[str, int] = {}
    for group in book.groups.values():
        for code, minor in group.amounts.items():
            total[code] = total.get(code, 0) + minor
    return " + ".join(_amounts(total))


def _tabs(wanted: Filter) -> list[dict[str, Any]]:
    views: list[tuple[str, View | None]] = [("All", None)]
    views += [(LABELS[view], view) for view in (View.SETTLED, View.CREDITED, View.CREDIT_NOTE)]
    return [
        {
            "label": label,
            "url": url_for("invoices.index", state=view.value if view else None, q=wanted.query or None),
            "active": wanted.view is view,
        }
        for label, view in views
    ]
