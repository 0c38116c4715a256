"""Gives out the stored documents of an invoice: the PDF and its e-invoices, each made once."""

from __future__ import annotations

from datetime import datetime

from app.db.unit_of_work import unit_of_work
from app.documents.models import Document
from app.documents.queries import find_document
from app.documents.services import store_rendered
from app.invoices.einvoice.codes import Syntax
from app.invoices.pdf import DOCUMENT_KINDS, render_einvoice, render_invoice

PDF = "pdf"


def ensure_document(invoice_id: int, name: str, now: datetime) -> Document:
    """The stored document ("pdf", "cii" or "ubl"), made and stored now where it is not. Raises NoEinvoice.

    What stands in the PDF is stored with it, so asking for the one makes both.
    """
    kind = PDF if name == PDF else DOCUMENT_KINDS[Syntax(name)]
    stored = find_document("invoice", invoice_id, kind)
    if stored is not None:
        return stored
    made = render_invoice(invoice_id, now) if name == PDF else render_einvoice(invoice_id, Syntax(name))
    with unit_of_work():
        return store_rendered("invoice", invoice_id, made, now=now)
