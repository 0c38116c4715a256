"""Corrects an issued invoice in one step: its credit note, and a draft that takes its place."""

from datetime import date, datetime

from app.company.queries import business_today
from app.db.base import session
from app.invoices.models import Invoice, InvoiceKind, InvoiceLine
from app.invoices.queries_orders import orders_of
from app.invoices.rules_reasons import CreditReason
from app.invoices.services.credit import credit_invoice
from app.invoices.services.drafts import finish_draft, note
from app.invoices.services.locks import lock_invoice
from app.invoices.services.parts import fit_into_orders


def correct_invoice(
    invoice_id: int,
    reason: str,
    *,
    issued_on: date,
    actor: str,
    now: datetime,
    reason_code: CreditReason = CreditReason.WRONG,
    checked: str | None = None,
) -> tuple[Invoice, Invoice]:
    """The issued credit note over the whole invoice, and a draft with its lines. Raises what `credit_invoice` does."""
    credit_note = credit_invoice(
        invoice_id, reason, issued_on=issued_on, actor=actor, now=now, reason_code=reason_code, checked=checked
    )
    original, order, _customer = lock_invoice(invoice_id)
    draft = _again(original, actor, now)
    session().add(draft)
    session().flush()
    fit_into_orders(draft, orders_of(draft), business_today(now))
    finish_draft(draft, order, actor=actor, now=now, replaces=original.number)
    note(
        "corrected",
        original,
        order,
        actor=actor,
        now=now,
        number=original.number,
        by=credit_note.number,
        draft=draft.id,
    )
    return credit_note, draft


def _again(original: Invoice, actor: str, now: datetime) -> Invoice:
    copied = (
        "customer_id", "order_id", "currency", "language", "po_number", "buyer_reference", "delivered_on",
        "service_from", "service_until", "payment_terms", "tax_rounding", "scope", "title",
    )  # fmt: skip
    columns = (
        "position", "order_line_id", "order_id", "deposit_id", "description", "quantity", "unit", "base_quantity",
        "unit_price", "discount_percent", "allowance", "charge", "taxes",
        "tax_code",
    )  # fmt: skip
    draft = Invoice(
        kind=InvoiceKind.INVOICE,
        replaces_id=original.id,
        options=dict(original.options),
        created_at=now,
        created_by=actor,
        **{name: getattr(original, name) for name in copied},
    )
    draft.lines = [InvoiceLine(**{name: getattr(line, name) for name in columns}) for line in original.lines]
    return draft
