"""Credits an issued invoice in full: an own document with positive amounts that settles what is still open."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from app.db.base import session
from app.db.events import announce
from app.invoices import queries
from app.invoices.arithmetic import compute_invoice
from app.invoices.events import InvoiceCrediting
from app.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState
from app.invoices.queries import document_name
from app.invoices.rules_issue import LONGEST_REASON
from app.invoices.services.drafts import note
from app.invoices.services.issue import publish, seal, store_parts
from app.invoices.services.locks import lock_invoice
from app.kernel.errors import RuleError
from app.kernel.texts import clean_line
from app.ledger.services import credit


class NotCreditable(RuleError):
    """Only an issued invoice can be credited."""


class CreditedAlready(RuleError):
    """{number} is credited already, by {credit_note}."""


class OfEarlierSystem(RuleError):
    """{number} comes from an earlier system, so its lines are not known here. Credit it there."""


class AmountsMoved(RuleError):
    """{number} computes to another amount today. This needs a person: nothing was credited."""


def credit_invoice(invoice_id: int, reason: str, *, issued_on: date, actor: str, now: datetime) -> Invoice:
    """The issued credit note (381) over the whole invoice; what was paid already can be placed again.

    Raises NotCreditable, CreditedAlready, OfEarlierSystem, NotIssuable, OlderThanLast, TextMissing.
    """
    original, order, customer = lock_invoice(invoice_id)
    _require_creditable(original)
    reason = clean_line(reason, "reason", most=LONGEST_REASON, required=True)
    announce(InvoiceCrediting(actor=actor, now=now, invoice_id=original.id, on=issued_on, reason=reason))
    credit_note = _mirror(original, reason, actor=actor, now=now)
    session().add(credit_note)
    session().flush()
    # The terms are kept because some reduce the tax; what they say about dates does not concern a credit note
    computed = replace(compute_invoice(credit_note, issued_on), instalments=(), early_discount=None)
    if (computed.gross_total, computed.amount_due) != (original.gross_total, original.amount_due):
        raise AmountsMoved(number=original.number)
    store_parts(credit_note, computed)
    seal(
        credit_note, computed, issued_on=issued_on, order=order, customer=customer, original=original, actor=actor,
        now=now,
    )  # fmt: skip
    _settle(original, credit_note, issued_on, actor=actor, now=now)
    about: dict[str, Any] = {"gross": credit_note.gross_total, "currency": credit_note.currency, "reason": reason}
    note(
        "issued", credit_note, order, actor=actor, now=now, kind=credit_note.kind.value, number=credit_note.number,
        fingerprint=credit_note.fingerprint, series=credit_note.series, period=credit_note.period,
        sequence=credit_note.sequence, issued_on=issued_on.isoformat(), original=original.number, **about,
    )  # fmt: skip
    note("credited", original, order, actor=actor, now=now, number=original.number, by=credit_note.number, **about)
    publish(credit_note, order, actor=actor, now=now, send=True)
    return credit_note


def _require_creditable(original: Invoice) -> None:
    if original.state is not InvoiceState.ISSUED or original.kind is not InvoiceKind.INVOICE:
        raise NotCreditable
    if original.origin != "own":
        raise OfEarlierSystem(number=original.number)
    if (earlier := queries.find_credit_note(original.id)) is not None:
        raise CreditedAlready(number=original.number, credit_note=earlier.number)


def _mirror(original: Invoice, reason: str, *, actor: str, now: datetime) -> Invoice:
    """The same lines, options and terms again."""
    copied = (
        "customer_id", "order_id", "currency", "language", "po_number", "buyer_reference", "delivered_on",
        "payment_terms",
    )  # fmt: skip
    mirror = Invoice(
        kind=InvoiceKind.CREDIT_NOTE,
        original_id=original.id,
        reason=reason,
        tax_rounding=original.tax_rounding,
        options=dict(original.options),
        created_at=now,
        created_by=actor,
        **{name: getattr(original, name) for name in copied},
    )
    columns = (
        "position", "order_line_id", "description", "quantity", "unit", "base_quantity", "unit_price",
        "discount_percent", "allowance", "charge", "taxes",
    )  # fmt: skip
    mirror.lines = [InvoiceLine(**{name: getattr(line, name) for name in columns}) for line in original.lines]
    return mirror


def _settle(original: Invoice, credit_note: Invoice, on: date, *, actor: str, now: datetime) -> None:
    if credit_note.amount_due:
        credit(
            document_name(original.id),
            credit_note.amount_due,
            customer_id=original.customer_id,
            currency=original.currency,
            effective_on=on,
            reason=document_name(credit_note.id),
            actor=actor,
            now=now,
        )
