"""The page of one invoice; a refused issue shows it again with its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flask import render_template

from app.audit.queries import list_timeline
from app.auth.guards import guard
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.company.queries import get_company
from app.customers.queries import delivery_places, get_customer
from app.documents.queries import find_document, find_request
from app.invoices import queries, queries_parts
from app.invoices.buyers import say_other_buyer
from app.invoices.einvoice.check import find_obstacles, wanted_format
from app.invoices.einvoice.codes import SPECIFICATIONS, Syntax
from app.invoices.forms import IssueForm, SendForm
from app.invoices.mails import list_attached, say_attached
from app.invoices.models import Invoice, InvoiceKind, InvoiceState, Scope
from app.invoices.models_recurring import RecurringPlan
from app.invoices.pages import blueprint
from app.invoices.paper import Paper, lay_out
from app.invoices.paper_dates import Early, early_of, lacks_supply, promised_days, say_far_supply
from app.invoices.pdf import DOCUMENT_KINDS
from app.invoices.queries_orders import order_ids_of, orders_of
from app.invoices.queries_recurring import find_plan_of, plans_of_orders
from app.invoices.rules_issue import Fault
from app.invoices.rules_rates import KEY as OTHER_RATES
from app.invoices.rules_supply import list_cautions
from app.invoices.services import preview_issue
from app.invoices.services.sending import list_addresses
from app.invoices.vat_checks import warn_of_vat_check
from app.invoices.views_faults import show_faults
from app.kernel.einvoices import FORMAT_NAMES
from app.ledger.queries import credited_on
from app.web.filters import request_today
from app.web.panels import list_panels
from app.web.timeline import build_timeline

if TYPE_CHECKING:
    from datetime import date

    from flask.typing import ResponseReturnValue

    from app.customers.models import Customer
    from app.outbox.models import Message

SCREEN_LANGUAGE = "en"


@blueprint.get("/<int:invoice_id>")
@guard(Permission.INVOICES_VIEW)
def detail(invoice_id: int) -> ResponseReturnValue:
    """One invoice: what it says, what is open, what happened."""
    return show_invoice(invoice_id)


def show_invoice(invoice_id: int, refused: IssueForm | None = None, found: Sequence[Fault] = ()) -> str:
    """The page; with the form of an issue that was refused, or with what the slow checks found."""
    invoice = queries.get_invoice(invoice_id)
    entries = list_timeline(invoice_id=invoice_id, limit=30)
    content, faults = _content_of(invoice)
    paper = _paper_on_screen({"number": "–", **content}) if content else None
    today, customer = request_today(), get_customer(invoice.customer_id)
    messages, is_draft = queries.list_sent(invoice.id), invoice.state is InvoiceState.DRAFT
    return render_template(
        "invoices/detail.html",
        invoice=invoice,
        customer=customer,
        company=get_company(),
        orders=orders_of(invoice),
        rest=_rest_of(invoice),
        plan=find_plan_of(invoice.recurring_period_id),
        plans=_plans_beside(invoice),
        original=queries.find_invoice(invoice.original_id),
        other_buyer=_other_buyer(invoice, customer),
        credit_note=queries.find_credit_note(invoice.id),
        credit_notes=queries_parts.list_credit_notes(invoice.id),
        worth_of=queries_parts.worth_of,
        replacement=queries_parts.find_replacement(invoice.id),
        replaced=queries.find_invoice(invoice.replaces_id),
        deducting=queries_parts.list_deducting(invoice.id) if invoice.scope is Scope.DEPOSIT else [],
        position=queries.position_of(invoice, today),
        parts=queries.list_parts_to_come(content) if content and is_draft else queries.list_open_parts(invoice, today),
        paper=paper,
        early=_early_of(invoice, content) if content else None,
        promised={which: promised_days(content or {}, which) for which in ("due", "until")},
        faults=show_faults(faults or list(found), invoice, customer.name),
        rates_on=_rates_on(refused, faults or found),
        einvoice=_einvoice_of(invoice, content) if content else None,
        carries=say_attached(list_attached(content, customer), content) if content else "",
        carried=_carried_by(messages[-1], content) if content and messages else "",
        vat_warning=_vat_warning(invoice),
        cautions=_cautions(invoice, content, customer),
        undated=content is not None and lacks_supply(content),
        refused=refused,
        seen=queries.mark_of(invoice),
        document=find_document("invoice", invoice.id, "pdf"),
        rendering=find_request("invoice", invoice.id, "pdf"),
        messages=messages,
        send_form=SendForm(formdata=None).offer(list_addresses(customer)),
        panels=list_panels("invoice", invoice.id),
        events=build_timeline(entries, name_actors(entry.actor for entry in entries), here="invoice"),
    )


def _early_of(invoice: Invoice, content: dict[str, Any]) -> Early | None:
    """As credit notes left it."""
    name = queries.document_name(invoice.id)
    return early_of(content, credited_on([name]).get(name, 0))


def _carried_by(message: Message, content: dict[str, Any]) -> str:
    return say_attached([one.document_kind for one in message.attachments], content)


def _plans_beside(invoice: Invoice) -> list[RecurringPlan]:
    """Plans made from the orders of a draft, which may bill the same."""
    if invoice.state is not InvoiceState.DRAFT or invoice.kind is not InvoiceKind.INVOICE:
        return []
    return [plan for plans in plans_of_orders(order_ids_of(invoice)).values() for plan in plans]


def _rest_of(invoice: Invoice) -> bool:
    """Whether something of its orders is free to be invoiced now; asked of one that was issued as the last."""
    if invoice.scope not in {Scope.FINAL, Scope.REST}:
        return False
    return any(rest for order in orders_of(invoice) for rest in queries.remaining_quantities(order).values())


def _content_of(invoice: Invoice) -> tuple[dict[str, Any] | None, list[Fault]]:
    """What the document says, or would say if it were issued today, and what stops that. Of an imported one nothing."""
    if invoice.origin != "own":
        return None, []
    if invoice.snapshot is not None:
        return invoice.snapshot, []
    preview = preview_issue(invoice.id, request_today())
    return preview.content or None, preview.faults


def _rates_on(refused: IssueForm | None, faults: Sequence[Fault]) -> date | None:
    """The invoice date for which the draft has other tax rates than its tax point; None where it has those."""
    if not any(fault.field == OTHER_RATES for fault in faults):
        return None
    return (refused.issued_on.data if refused else None) or request_today()


def _other_buyer(invoice: Invoice, customer: Customer) -> str:
    """Whom a draft of a credit note will name, where that is not today's customer."""
    original = queries.find_invoice(invoice.original_id) if invoice.state is InvoiceState.DRAFT else None
    return say_other_buyer(original, customer) if original else ""


def _vat_warning(invoice: Invoice) -> str:
    if invoice.state is not InvoiceState.DRAFT:
        return ""
    customer = get_customer(invoice.customer_id)
    return warn_of_vat_check(invoice, on=request_today(), company=get_company(), customer=customer)


def _cautions(invoice: Invoice, content: dict[str, Any] | None, customer: Customer) -> list[str]:
    """What somebody is to look at before a draft is issued."""
    if content is None or invoice.state is not InvoiceState.DRAFT:
        return []
    far = say_far_supply(content)
    return [*list_cautions(content, delivery_places(customer)), *([far] if far else [])]


@dataclass(frozen=True)
class EinvoiceFacts:
    """What the page says about the e-invoice: its format, why there is none, and the rules it passed."""

    name: str
    obstacles: list[str]
    rules: str


def _einvoice_of(invoice: Invoice, content: dict[str, Any]) -> EinvoiceFacts:
    wanted = wanted_format(content)
    kind = SPECIFICATIONS[wanted][0] if wanted in SPECIFICATIONS else Syntax.CII
    stored = find_document("invoice", invoice.id, DOCUMENT_KINDS[kind])
    obstacles = find_obstacles(content) if wanted in SPECIFICATIONS else []
    return EinvoiceFacts(FORMAT_NAMES[wanted], obstacles, stored.facts.get("rules", "") if stored else "")


def _paper_on_screen(content: Mapping[str, Any]) -> Paper:
    """In the language of the screen, but for what lines say: that is read as the customer reads it."""
    paper, own = lay_out({**content, "language": SCREEN_LANGUAGE}), lay_out(content)
    lines = [replace(line, note=said.note) for line, said in zip(paper.lines, own.lines, strict=True)]
    return replace(paper, lines=tuple(lines))
