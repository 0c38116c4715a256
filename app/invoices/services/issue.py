"""Issues drafts: checked, computed, snapshotted, numbered, posted and announced in one short transaction."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.company.queries import get_company, list_series
from app.company.services import next_number
from app.customers.models import Customer
from app.customers.queries import delivery_places, get_customer
from app.db.base import session
from app.documents.services import request_document
from app.invoices.arithmetic import tax_reasons
from app.invoices.banking import compute_dated
from app.invoices.company_amounts import store_company_amounts
from app.invoices.einvoice.check import find_einvoice_faults
from app.invoices.glyphs import find_undrawable
from app.invoices.models import Instalment, Invoice, InvoiceKind, InvoiceState, InvoiceTax
from app.invoices.queries import document_name, get_invoice
from app.invoices.queries_orders import order_ids_of, orders_of, share_in
from app.invoices.queries_parts import counts
from app.invoices.rules import Computed, TaxKey
from app.invoices.rules_issue import Fault, NotIssuable, find_faults
from app.invoices.rules_supply import find_misplaced
from app.invoices.services.drafts import note, require_draft, store_amounts
from app.invoices.services.locks import lock_invoice
from app.invoices.services.parts import fit_into_orders
from app.invoices.services.sending import send_at_issue
from app.invoices.snapshot import build_content, fingerprint_of, number_content
from app.kernel.errors import BadInput, Conflict, RuleError
from app.kernel.numbering import period_of
from app.ledger.models import EntryKind
from app.ledger.queries_periods import require_open
from app.ledger.services import NewEntry, post
from app.orders.models import Order
from app.orders.services import note_billed
from app.orders.services_holds import require_not_held


class IsCreditNote(RuleError):
    """This is a credit note. Issue it from its own page."""


class OlderThanLast(BadInput):
    """{number} is dated {last}; the next number cannot be dated earlier ({issued_on})."""


class ChangedSinceChecked(Conflict):
    """The draft, its customer or the settings changed while it was checked. Look it over and issue it again."""


@dataclass(frozen=True)
class IssuePreview:
    """What would be issued, as a snapshot without a number (None when it cannot be computed), and what stops it."""

    content: dict[str, Any] | None
    faults: list[Fault]


def preview_issue(invoice_id: int, issued_on: date) -> IssuePreview:
    """The draft as it would be issued on that date. Changes nothing."""
    invoice = get_invoice(invoice_id)
    customer = get_customer(invoice.customer_id)
    try:
        computed = compute_dated(invoice, issued_on, company=get_company(), customer=customer)
    except BadInput as refusal:
        return IssuePreview(None, [Fault(refusal.field or "lines", str(refusal))])
    order = session().get(Order, invoice.order_id) if invoice.order_id else None
    original = get_invoice(invoice.original_id) if invoice.original_id else None
    if original is not None:
        computed = replace(computed, instalments=(), early_discount=None, moved=None)
    content = _content(invoice, computed, issued_on=issued_on, order=order, customer=customer, original=original)
    return IssuePreview(content, _all_faults(content, customer))


def find_issue_faults(invoice_id: int, issued_on: date) -> list[Fault]:
    """Every reason why this draft may not be issued on that date; empty when it may."""
    return preview_issue(invoice_id, issued_on).faults


def issue_invoice(
    invoice_id: int, issued_on: date, *, actor: str, now: datetime, send: bool = True, checked: str | None = None
) -> Invoice:
    """Makes the draft a numbered, frozen invoice; its PDF is rendered and mailed after the commit.

    `checked` is the fingerprint of the content that passed the slow checks; another content is not issued.
    Raises DraftOnly, OrderOnHold, NotIssuable with every fault, ChangedSinceChecked, OlderThanLast.
    """
    invoice, order, customer = lock_invoice(invoice_id)
    require_draft(invoice)
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        raise IsCreditNote
    orders = orders_of(invoice)
    for one in orders:
        require_not_held(one)
    fit_into_orders(invoice, orders, at_issue=True)
    session().flush()
    computed = compute_dated(invoice, issued_on, company=get_company(), customer=customer)
    store_parts(invoice, computed)
    seal(invoice, computed, issued_on=issued_on, order=order, customer=customer, actor=actor, now=now, checked=checked)
    post(_instalment_entries(invoice, computed), actor=actor, now=now)
    note(
        "issued", invoice, order, actor=actor, now=now, kind=invoice.kind.value, number=invoice.number,
        fingerprint=invoice.fingerprint, series=invoice.series, period=invoice.period, sequence=invoice.sequence,
        issued_on=issued_on.isoformat(), gross=invoice.gross_total, currency=invoice.currency,
    )  # fmt: skip
    publish(invoice, order, actor=actor, now=now, send=send)
    return invoice


def seal(
    invoice: Invoice,
    computed: Computed,
    *,
    issued_on: date,
    order: Order | None,
    customer: Customer,
    original: Invoice | None = None,
    actor: str,
    now: datetime,
    checked: str | None = None,
) -> None:
    """Checks the content, draws the number, takes the snapshot and freezes the row.

    Lines, taxes and instalments must be written before: the database guards them from then on.
    """
    require_open(issued_on, field="issued_on")
    content = _content(invoice, computed, issued_on=issued_on, order=order, customer=customer, original=original)
    if faults := _all_faults(content, customer):
        raise NotIssuable(faults)
    if checked not in (None, fingerprint_of(content)):
        raise ChangedSinceChecked
    session().flush()
    series = invoice.kind.value
    number, period, sequence = next_number(series, issued_on)
    _require_date_order(series, period, sequence, issued_on)
    snapshot = number_content(content, number=number, series=series, period=period, sequence=sequence)
    invoice.number, invoice.series, invoice.period, invoice.sequence = number, series, period, sequence
    invoice.issued_on, invoice.issued_at, invoice.issued_by = issued_on, now, actor
    invoice.due_on = max((part.due_on for part in computed.instalments), default=None)
    invoice.snapshot, invoice.fingerprint = snapshot, fingerprint_of(snapshot)
    invoice.buyer_reference = snapshot["buyer_reference"]  # a draft without one takes it from the customer
    store_company_amounts(invoice, snapshot)
    invoice.state = InvoiceState.ISSUED
    sign = (-1 if original else 1) if counts(invoice) else 0
    for order_id in order_ids_of(invoice):
        net, gross = share_in(invoice, order_id)
        note_billed(order_id, sign * net, sign * gross)
    session().flush()


def store_parts(invoice: Invoice, computed: Computed) -> None:
    """Writes the amounts, the tax breakdown and the instalments; a draft has none of the latter two."""
    store_amounts(invoice, computed)
    reasons = tax_reasons(invoice)
    session().add_all(
        InvoiceTax(
            invoice_id=invoice.id, position=position, name=row.name, category=row.category, rate=row.rate,
            per_unit=row.amount, base=row.base, tax=row.tax,
            reason=reasons.get(TaxKey(row.name, row.category, row.rate, row.amount), ""),
        )
        for position, row in enumerate(computed.tax_breakdown, 1)
    )  # fmt: skip
    session().add_all(
        Instalment(invoice_id=invoice.id, position=position, due_on=part.due_on, amount=part.amount)
        for position, part in enumerate(computed.instalments, 1)
    )
    session().flush()


def publish(invoice: Invoice, order: Order | None, *, actor: str, now: datetime, send: bool) -> None:
    """Asks for the PDF and queues the mail that waits for it."""
    request_document(owner_kind="invoice", owner_id=invoice.id, kind="pdf", now=now)
    if send:
        send_at_issue(invoice, order, actor=actor, now=now)


def _content(
    invoice: Invoice,
    computed: Computed,
    *,
    issued_on: date,
    order: Order | None,
    customer: Customer,
    original: Invoice | None = None,
) -> dict[str, Any]:
    return build_content(
        invoice,
        computed,
        issued_on=issued_on,
        company=get_company(),
        customer=customer,
        order=order,
        original=original,
    )


def _all_faults(content: dict[str, Any], customer: Customer) -> list[Fault]:
    # What is wrong with the document itself comes first: some of it the e-invoice could not even be read with
    faults = find_faults(content) + find_misplaced(content, delivery_places(customer))
    return (faults or find_einvoice_faults(content)) + list(find_undrawable(content))


def require_issue_date(kind: InvoiceKind, issued_on: date) -> None:
    """An early, plain answer for many drafts: the day is open, and not before the newest number. Raises BadInput."""
    require_open(issued_on, field="issued_on")
    yearly = {series.code: series.yearly for series in list_series()}.get(kind.value, True)
    _require_date_order(kind.value, period_of(issued_on, yearly=yearly), None, issued_on)


def _require_date_order(series: str, period: str, sequence: int | None, issued_on: date) -> None:
    """The document before this number may not be younger; the counter is locked, unless the number is not drawn yet."""
    before = select(Invoice.number, Invoice.issued_on).where(Invoice.series == series, Invoice.period == period)
    if sequence is not None:
        before = before.where(Invoice.sequence < sequence)
    last = session().execute(before.order_by(Invoice.sequence.desc()).limit(1)).one_or_none()
    if last is not None and last.issued_on > issued_on:
        raise OlderThanLast(
            field="issued_on",
            number=last.number,
            last=last.issued_on,
            issued_on=issued_on,
        )


def _instalment_entries(invoice: Invoice, computed: Computed) -> list[NewEntry]:
    """What the customer owes from now on; an instalment of 0 owes nothing."""
    assert invoice.kind is InvoiceKind.INVOICE  # noqa: S101 - credit notes are posted by credit_invoice
    assert invoice.issued_on is not None  # noqa: S101 - sealed before
    return [
        NewEntry(
            kind=EntryKind.INSTALMENT,
            effective_on=invoice.issued_on,
            customer_id=invoice.customer_id,
            currency=invoice.currency,
            document=document_name(invoice.id),
            instalment=position,
            due_on=part.due_on,
            amount=part.amount,
            reason=document_name(invoice.id),
        )
        for position, part in enumerate(computed.instalments, 1)
        if part.amount
    ]
