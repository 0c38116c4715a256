"""Fits a draft to what is issued of its order by now, before it is checked and issued."""

from dataclasses import dataclass
from datetime import date, datetime

from app.db.base import session
from app.invoices.arithmetic import compute_invoice
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.invoices.queries_orders import orders_of
from app.invoices.services.drafts import note, store_amounts
from app.invoices.services.locks import lock_invoice
from app.invoices.services.parts import fit_into_orders


@dataclass(frozen=True)
class Refit:
    """How fitting moved a draft: its gross in minor units before and after, and the deposits that came and went."""

    before: int
    after: int
    deducted_now: tuple[str, ...]
    deducted_later: tuple[str, ...]


def refit_draft(invoice_id: int, on: date, *, actor: str, now: datetime) -> Refit | None:
    """Gives the draft the deductions and cents it would be issued with; noted and said where its amount moves."""
    invoice, order, _customer = lock_invoice(invoice_id)
    if invoice.state is not InvoiceState.DRAFT or invoice.kind is not InvoiceKind.INVOICE:
        return None
    orders = orders_of(invoice)
    if not orders:
        return None
    before, deducted = invoice.gross_total, _list_deducted(invoice)
    fit_into_orders(invoice, orders, at_issue=True)
    session().flush()
    store_amounts(invoice, compute_invoice(invoice, on))
    session().flush()
    after = invoice.gross_total
    if after == before:
        return None
    note("draft_changed", invoice, order, actor=actor, now=now, gross=after, currency=invoice.currency)
    still = _list_deducted(invoice)
    return Refit(
        before,
        after,
        deducted_now=tuple(number for number in still if number not in deducted),
        deducted_later=tuple(number for number in deducted if number not in still),
    )


def _list_deducted(invoice: Invoice) -> list[str]:
    """The numbers of the deposits it deducts, in the order of its lines."""
    ids = dict.fromkeys(line.deposit_id for line in invoice.lines if line.deposit_id is not None)
    return [session().get_one(Invoice, deposit_id).number or "" for deposit_id in ids]
