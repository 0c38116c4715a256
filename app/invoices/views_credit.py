"""Pages that credit an invoice: in full, with a new invoice to follow, or a part of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.db.unit_of_work import rehearse, unit_of_work
from app.invoices import queries, services
from app.invoices.einvoice_files import require_rules_kept
from app.invoices.forms import IssueForm
from app.invoices.forms_parts import CreditForm, CreditPartForm, credit_form_data
from app.invoices.pages import blueprint
from app.invoices.queries_parts import group_of, read_creditable
from app.invoices.rules_issue import NotIssuable
from app.invoices.services import CreditData
from app.invoices.services.credit import require_creditable
from app.invoices.views_detail import show_invoice
from app.kernel.errors import BadInput, Conflict
from app.web.filters import money, request_now, request_today

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class DraftMoved(Conflict):
    """This draft is not what you looked at: it is over {gross} now. Look it over, then issue it."""


class DatedInFuture(BadInput):
    """An invoice cannot be dated after today."""


@blueprint.route("/<int:invoice_id>/credit", methods=["GET", "POST"])
@guard(Permission.INVOICES_CREDIT)
def credit(invoice_id: int) -> ResponseReturnValue:
    """A credit note over the whole invoice, and a new draft if one is to follow."""
    form = CreditForm(data={"issued_on": request_today()})
    if form.validate_on_submit():
        try:
            return _credit(invoice_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
    status = 422 if form.is_submitted() else 200
    invoice = queries.get_invoice(invoice_id)
    return render_template(
        "invoices/credit.html",
        form=form,
        invoice=invoice,
        position=queries.position_of(invoice, request_today()),
    ), status


@blueprint.route("/<int:invoice_id>/credit/part", methods=["GET", "POST"])
@guard(Permission.INVOICES_CREDIT)
def credit_part(invoice_id: int) -> ResponseReturnValue:
    """A draft of a credit note over quantities, or over an amount."""
    invoice = queries.get_invoice(invoice_id)
    require_creditable(invoice)
    left = read_creditable(invoice)
    form = CreditPartForm(data=credit_form_data(invoice, left))
    if form.validate_on_submit():
        try:
            return _draft(invoice_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
            invoice = queries.get_invoice(invoice_id)
            left = read_creditable(invoice)
    status = 422 if form.is_submitted() else 200
    names = {group_of(line.taxes): " + ".join(tax["name"] for tax in line.taxes) for line in invoice.lines}
    return render_template(
        "invoices/credit_part.html",
        form=form,
        invoice=invoice,
        left=left,
        places=list(zip(invoice.lines, form.lines.entries, strict=False)),
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


def _credit(invoice_id: int, form: CreditForm) -> ResponseReturnValue:
    day, reason, actor, now = not_after_today(form.issued_on.data), form.reason.data or "", get_actor(), request_now()
    checked = require_rules_kept(_rehearsed(invoice_id, CreditData(reason_code=form.code, reason=reason), day))
    with unit_of_work():
        if form.is_replaced.data:
            note, draft = services.correct_invoice(
                invoice_id, reason, issued_on=day, actor=actor, now=now, reason_code=form.code, checked=checked
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
