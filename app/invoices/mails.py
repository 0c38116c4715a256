"""Builds the mail that carries an invoice or credit note, from its frozen snapshot."""

from typing import Any

from flask import current_app

from app.customers.models import Customer
from app.invoices.einvoice_files import list_syntaxes, primary_syntax
from app.invoices.models import Invoice, InvoiceKind
from app.invoices.paper import Paper, lay_out, say
from app.invoices.pdf import DOCUMENT_KINDS
from app.invoices.texts import texts_for
from app.kernel.einvoices import Mailing
from app.outbox.services import AttachmentRef, NewMessage


def build_mail(invoice: Invoice, customer: Customer, *, edition: int) -> NewMessage:
    """The message for the customer's billing address; it waits until what it carries is stored."""
    assert invoice.snapshot is not None  # noqa: S101 - only issued invoices are sent
    paper = lay_out(invoice.snapshot)
    context = _context(invoice.snapshot, paper)
    templates = current_app.jinja_env
    return NewMessage(
        kind=invoice.kind.value,
        object_kind="invoice",
        object_id=invoice.id,
        edition=edition,
        recipient=customer.billing_email,
        recipient_name=customer.name,
        subject=context["subject"],
        body_text=templates.get_template("mail/invoice.txt").render(context),
        body_html=templates.get_template("mail/invoice.html").render(context),
        language=invoice.language,
        attachments=[AttachmentRef("invoice", invoice.id, kind) for kind in list_attached(invoice.snapshot, customer)],
        customer_id=invoice.customer_id,
        invoice_id=invoice.id,
        order_id=invoice.order_id,
    )


def list_attached(snapshot: dict[str, Any], customer: Customer) -> list[str]:
    """The kinds of documents the mail carries: as the customer wants it, and always one that exists."""
    syntaxes = list_syntaxes(snapshot)
    if not syntaxes or customer.mailing == Mailing.PDF:
        return ["pdf"]
    xml = DOCUMENT_KINDS[primary_syntax(snapshot)]
    return [xml] if customer.mailing == Mailing.XML else ["pdf", xml]


def _context(snapshot: dict[str, Any], paper: Paper) -> dict[str, Any]:
    texts = texts_for(snapshot["language"])
    is_invoice = snapshot["kind"] == InvoiceKind.INVOICE
    values = {
        "number": snapshot["number"],
        "company": snapshot["seller"]["name"],
        "name": snapshot["buyer"]["name"],
        "original": snapshot["original"]["number"] if snapshot["original"] else "",
    }
    return {
        "paper": paper,
        "texts": texts,
        "seller": snapshot["seller"],
        "number": snapshot["number"],
        "number_label": texts.number[snapshot["kind"]],
        "subject": say(texts.subject[snapshot["kind"]], **values),
        "greeting": say(texts.greeting, **values),
        "opening": say(texts.opening[snapshot["kind"]], **values),
        "due_on": paper.due_on if is_invoice else "",
    }
