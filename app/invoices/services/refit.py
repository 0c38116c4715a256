"""Fits a draft to what is issued of its order by now, before it is checked and issued."""

from datetime import date, datetime

from app.db.base import session
from app.invoices.arithmetic import compute_invoice
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.invoices.queries_orders import orders_of
from app.invoices.services.drafts import note, store_amounts
from app.invoices.services.locks import lock_invoice
from app.invoices.services.parts import fit_into_orders


def refit_draft(invoice_id: int, on: date, *, actor: str, now: datetime) -> Invoice:
    """The draft with the deductions and cents it would be issued with; noted where its amount moves."""
    invoice, order, _customer = lock_invoice(invoice_id)
    if invoice.state is not InvoiceState.DRAFT or invoice.kind is not InvoiceKind.INVOICE:
        return invoice
    orders = orders_of(invoice)
    if not orders:
        return invoice
    before = invoice.gross_total
    fit_into_orders(invoice, orders, at_issue=True)
    session().flush()
    store_amounts(invoice, compute_invoice(invoice, on))
    session().flush()
    if invoice.gross_total != before:
        gross = invoice.gross_total
        note("draft_changed", invoice, order, actor=actor, now=now, gross=gross, currency=invoice.currency)
    return invoice
