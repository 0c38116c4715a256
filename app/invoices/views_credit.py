"""Pages that credit an invoice: in full, with a new invoice to follow, or a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.customers.queries import get_customer
from app.db.unit_of_work import rehearse, unit_of_work
from app.invoices import queries, queries_parts, services
from app.invoices.buyers import say_other_buyer
from app.invoices.einvoice_files import require_rules_kept
from app.invoices.forms import IssueForm
from app.invoices.forms_parts import CreditForm, CreditPartForm, correction_form_data, credit_form_data
from app.invoices.models import Invoice, InvoiceLine
from app.invoices.pages import blueprint
from app.invoices.paper_writer import Writer
from app.invoices.queries_parts import group_of, list_credit_notes, list_deducting, read_creditable
from app.invoices.rules_issue import Fault, NotIssuable
from app.invoices.services import CreditData
from app.invoices.services.credit import require_creditable, require_untouched
from app.invoices.services.orders import PriceInvoiced
from app.invoices.views_detail import show_invoice
from app.invoices.views_faults import show_faults
from app.kernel.errors import BadInput, Conflict, RuleError
from app.web.filters import money, request_now, request_today

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


NOTHING_LEFT = "All of it is credited, drafts of credit notes included. Issue those drafts, or delete them."


class DraftMoved(Conflict):
    """This draft is not what you looked at: it is over {gross} now. Look it over, then issue it."""


class DatedInFuture(BadInput):
    """An invoice cannot be dated after today."""


@blueprint.route("/<int:invoice_id>/credit", methods=["GET", "POST"])
@guard(Permission.INVOICES_CREDIT)
def credit(invoice_id: int) -> ResponseReturnValue:
    """A credit note over the whole invoice, and a new draft if one is to follow."""
    invoice = queries.get_invoice(invoice_id)
    if why := why_not(invoice, in_full=True):
        return _refuse(invoice, why)
    others: list[Invoice] = []
    faults: Sequence[Fault] = ()
    form = CreditForm(data={"issued_on": request_today(), "lines": correction_form_data(invoice)})
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            return _credit(invoice_id, form)
        except NotIssuable as refusal:
            faults = refusal.faults
        except BadInput as refusal:
            form.refuse(refusal)
        except RuleError as refusal:
            form.form_errors, status = [*form.form_errors, str(refusal)], 409
            others = _others_at_the_price(invoice_id) if isinstance(refusal, PriceInvoiced) else []
    invoice = queries.get_invoice(invoice_id)
    form.fill_in(invoice)
    customer = get_customer(invoice.customer_id)
    return render_template(
        "invoices/credit.html",
        form=form,
        invoice=invoice,
        other_buyer=say_other_buyer(invoice, customer),
        others=others,
        faults=show_faults(faults, invoice, customer.name),
        places=list(zip(services.list_correctable(invoice), form.lines.entries, strict=False)),
        position=queries.position_of(invoice, request_today()),
    ), status


@blueprint.route("/<int:invoice_id>/credit/part", methods=["GET", "POST"])
@guard(Permission.INVOICES_CREDIT)
def credit_part(invoice_id: int) -> ResponseReturnValue:
    """A draft of a credit note over quantities, or over an amount."""
    invoice = queries.get_invoice(invoice_id)
    if why := why_not(invoice, in_full=False):
        return _refuse(invoice, why)
    left = read_creditable(invoice)
    form = CreditPartForm(data=credit_form_data(invoice, left))
    form.take_currency(invoice.currency)
    if form.validate_on_submit():
        try:
            form.require_own_fields()
            return _draft(invoice_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
            invoice = queries.get_invoice(invoice_id)
            left = read_creditable(invoice)
    status = 422 if form.is_submitted() else 200
    names = {group_of(line.taxes): _name_taxes(invoice, line) for line in invoice.lines}
    return render_template(
        "invoices/credit_part.html",
        form=form,
        invoice=invoice,
        other_buyer=say_other_buyer(invoice, get_customer(invoice.customer_id)),
        left=left,
        places=[
            (line, left.offered(line), entry) for line, entry in zip(invoice.lines, form.lines.entries, strict=False)
        ],
        rows=[
            (names[group], rest, entry)
            for (group, rest), entry in zip(left.groups.items(), form.amounts.entries, strict=False)
        ],
    ), status


@blueprint.post("/<int:invoice_id>/issue-credit")
@guard(Permission.INVOICES_CREDIT)
def issue_credit(invoice_id: int) -> ResponseReturnValue:
    """Numbers and freezes the draft of a credit note."""
    form = IssueForm()
    if form.validate_on_submit():
        try:
            return _issue(invoice_id, form)
        except NotIssuable as refusal:
            return show_invoice(invoice_id, form, refusal.faults), 422
        except BadInput as refusal:
            form.refuse(refusal)
    return show_invoice(invoice_id, form), 422


def why_not(invoice: Invoice, *, in_full: bool) -> str:
    """Why nothing, or not all, of the invoice can be credited; empty when it can."""
    try:
        require_creditable(invoice)
        left = read_creditable(invoice)
        if not any(rest > 0 for rest in left.groups.values()) and left.notes:
            return NOTHING_LEFT
        if in_full:
            require_untouched(invoice, left)
    except RuleError as refusal:
        return str(refusal)
    return ""


def _others_at_the_price(invoice_id: int) -> list[Invoice]:
    """What else bills lines of this invoice, newest first: it keeps the price of the order where it is."""
    lines = [line.order_line_id for line in queries.get_invoice(invoice_id).lines if line.order_line_id]
    return queries_parts.list_billing_lines(lines, apart_from=invoice_id)


def _refuse(invoice: Invoice, why: str) -> ResponseReturnValue:
    """The reason with links, in place of a form that could only fail."""
    return render_template(
        "invoices/credit_refused.html",
        invoice=invoice,
        why=why,
        can_part=not why_not(invoice, in_full=False),
        related=[*list_credit_notes(invoice.id), *list_deducting(invoice.id)],
    ), 409 if request.method == "POST" else 200


def _name_taxes(invoice: Invoice, line: InvoiceLine) -> str:
    writer = Writer("en", invoice.currency)
    return " + ".join(writer.tax(tax) for tax in line.taxes) or "No tax"


def _credit(invoice_id: int, form: CreditForm) -> ResponseReturnValue:
    day, reason, actor, now = not_after_today(form.issued_on.data), form.reason.data or "", get_actor(), request_now()
    lines = form.corrected(queries.get_invoice(invoice_id))
    checked = require_rules_kept(_rehearsed(invoice_id, CreditData(reason_code=form.code, reason=reason), day))
    with unit_of_work():
        if form.is_replaced.data:
            note, draft = services.correct_invoice(
                invoice_id,
                reason,
                issued_on=day,
                actor=actor,
                now=now,
                reason_code=form.code,
                checked=checked,
                lines=lines,
            )
            target, text = draft.id, f"{note.number} is issued; this draft takes the invoice’s place."
        else:
            note = services.credit_invoice(
                invoice_id, reason, issued_on=day, actor=actor, now=now, reason_code=form.code, checked=checked
            )
            target, text = note.id, f"{note.number} is issued and settles the invoice."
    flash(text, "success")
    return redirect(url_for("invoices.detail", invoice_id=target))


def _rehearsed(invoice_id: int, data: CreditData, day: date) -> dict[str, Any] | None:
    """What the credit note over the whole invoice would say; nothing is kept of it."""

    def write() -> dict[str, Any] | None:
        made = services.draft_credit(invoice_id, data, actor=get_actor(), now=request_now())
        return services.preview_issue(made.id, day).content

    return rehearse(write)


def _draft(invoice_id: int, form: CreditPartForm) -> ResponseReturnValue:
    said = form.said(queries.get_invoice(invoice_id))
    with unit_of_work():
        made_id = services.draft_credit(invoice_id, said, actor=get_actor(), now=request_now()).id
    flash("The draft is ready: look it over, then issue it.", "success")
    return redirect(url_for("invoices.detail", invoice_id=made_id))


def _issue(invoice_id: int, form: IssueForm) -> ResponseReturnValue:
    day = not_after_today(form.issued_on.data)
    require_seen(invoice_id, form)
    checked = require_rules_kept(services.preview_issue(invoice_id, day).content)
    with unit_of_work():
        note = services.issue_credit(invoice_id, day, actor=get_actor(), now=request_now(), checked=checked)
        text = f"{note.number} is issued over {money(note.gross_total, note.currency)}."
    flash(text, "success")
    return redirect(url_for("invoices.detail", invoice_id=invoice_id))


def require_seen(invoice_id: int, form: IssueForm) -> None:
    """Raises DraftMoved when the page was about another draft, or about this one before it changed."""
    invoice = queries.get_invoice(invoice_id)
    if form.seen.data and form.seen.data != queries.mark_of(invoice):
        raise DraftMoved(gross=money(invoice.gross_total, invoice.currency))


def not_after_today(day: date | None) -> date:
    if day is None or day > request_today():
        raise DatedInFuture(field="issued_on")
    return day
