"""The page of one invoice; a refused issue shows it again with its form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template

from app.audit.queries import list_timeline
from app.auth.guards import guard
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.company.queries import get_company
from app.customers.queries import get_customer
from app.db.base import session
from app.documents.queries import find_document, find_request
from app.invoices import queries
from app.invoices.forms import IssueForm
from app.invoices.models import Invoice
from app.invoices.pages import blueprint
from app.invoices.paper import Paper, lay_out
from app.invoices.rules_issue import Fault
from app.invoices.services import preview_issue
from app.orders.models import Order
from app.web.filters import request_today
from app.web.panels import list_panels
from app.web.timeline import build_timeline

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

SCREEN_LANGUAGE = "en"


@blueprint.get("/<int:invoice_id>")
@guard(Permission.INVOICES_VIEW)
def detail(invoice_id: int) -> ResponseReturnValue:
    """One invoice: what it says, what is open, what happened."""
    return show_invoice(invoice_id)


def show_invoice(invoice_id: int, refused: IssueForm | None = None) -> str:
    """The page; with the form of an issue that was refused."""
    invoice = queries.get_invoice(invoice_id)
    entries = list_timeline(invoice_id=invoice_id, limit=30)
    paper, faults = _paper_of(invoice)
    today = request_today()
    return render_template(
        "invoices/detail.html",
        invoice=invoice,
        customer=get_customer(invoice.customer_id),
        company=get_company(),
        order=_order_of(invoice),
        original=queries.get_invoice(invoice.original_id) if invoice.original_id else None,
        credit_note=queries.find_credit_note(invoice.id),
        position=queries.position_of(invoice, today),
        parts=queries.list_open_parts(invoice, today),
        paper=paper,
        faults=faults,
        refused=refused,
        document=find_document("invoice", invoice.id, "pdf"),
        rendering=find_request("invoice", invoice.id, "pdf"),
        messages=queries.list_sent(invoice.id),
        panels=list_panels("invoice", invoice.id),
        events=build_timeline(entries, name_actors(entry.actor for entry in entries), here="invoice"),
    )


def _paper_of(invoice: Invoice) -> tuple[Paper | None, list[Fault]]:
    """What the document says, or would say if it were issued today, in the words of our screens, not the customer's.

    An imported one has no paper.
    """
    if invoice.origin != "own":
        return None, []
    if invoice.snapshot is not None:
        return lay_out({**invoice.snapshot, "language": SCREEN_LANGUAGE}), []
    preview = preview_issue(invoice.id, request_today())
    if not preview.content:
        return None, preview.faults
    return lay_out({**preview.content, "number": "–", "language": SCREEN_LANGUAGE}), preview.faults


def _order_of(invoice: Invoice) -> Order | None:
    return session().get(Order, invoice.order_id) if invoice.order_id else None
