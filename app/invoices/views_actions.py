"""What is done with an invoice: issue, send, download."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from flask import Response, flash, redirect, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.documents.models import Document
from app.documents.queries import read_content
from app.invoices import queries, services
from app.invoices.documents import ensure_document
from app.invoices.einvoice_files import require_rules_kept
from app.invoices.forms import IssueForm
from app.invoices.pages import blueprint
from app.invoices.rules_issue import NotIssuable
from app.invoices.views_credit import not_after_today, require_seen
from app.invoices.views_detail import show_invoice
from app.kernel.errors import BadInput, Conflict
from app.web.arguments import text_argument
from app.web.filters import money, request_now

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class DraftRefitted(Conflict):
    """What is issued of its order changed this draft from {before} to {after}: {why}. Look it over, then issue it."""


@blueprint.post("/<int:invoice_id>/issue")
@guard(Permission.INVOICES_ISSUE)
def issue(invoice_id: int) -> ResponseReturnValue:
    """Numbers and freezes a draft."""
    form = IssueForm()
    if form.validate_on_submit():
        try:
            return _issue(invoice_id, form)
        except NotIssuable as refusal:
            return show_invoice(invoice_id, form, refusal.faults), 422
        except BadInput as refusal:
            form.refuse(refusal)
    return show_invoice(invoice_id, form), 422


def _issue(invoice_id: int, form: IssueForm) -> ResponseReturnValue:
    issued_on = not_after_today(form.issued_on.data)
    with unit_of_work():
        refit = services.refit_draft(invoice_id, issued_on, actor=get_actor(), now=request_now())
    preview = services.preview_issue(invoice_id, issued_on)
    if refit is not None and not preview.faults:
        _refuse_refit(refit, queries.get_invoice(invoice_id).currency)
    require_seen(invoice_id, form)
    checked = require_rules_kept(preview.content)
    with unit_of_work():
        invoice = services.issue_invoice(
            invoice_id, issued_on=issued_on, actor=get_actor(), now=request_now(), checked=checked
        )
        text = f"{invoice.number} is issued over {money(invoice.gross_total, invoice.currency)}."
    flash(text, "success")
    return redirect(url_for("invoices.detail", invoice_id=invoice_id))


def _refuse_refit(refit: services.Refit, currency: str) -> NoReturn:
    reasons = [f"it deducts {number} now" for number in refit.deducted_now]
    reasons += [f"{number} is left to a later invoice" for number in refit.deducted_later]
    raise DraftRefitted(
        before=money(refit.before, currency),
        after=money(refit.after, currency),
        why=", ".join(reasons) or "it carries the cents the other parts left",
    )


@blueprint.post("/<int:invoice_id>/send")
@guard(Permission.INVOICES_ISSUE)
def send(invoice_id: int) -> ResponseReturnValue:
    """Queues another mail with the same document, to the customer or one of its contacts."""
    with unit_of_work():
        message = services.resend_invoice(
            invoice_id, actor=get_actor(), now=request_now(), to=text_argument(request.form, "to")
        )
        text = f"Queued for {message.recipient}."
    flash(text, "success")
    return redirect(url_for("invoices.detail", invoice_id=invoice_id))


@blueprint.get("/<int:invoice_id>/document.pdf")
@guard(Permission.INVOICES_VIEW)
def pdf(invoice_id: int) -> ResponseReturnValue:
    """The stored PDF; one that waits for the worker is rendered now."""
    document = ensure_document(invoice_id, "pdf", request_now())
    return _sent(document, "inline" if request.args.get("show") == "1" else "attachment")


@blueprint.get("/<int:invoice_id>/einvoice.<any(cii, ubl):syntax>.xml")
@guard(Permission.INVOICES_VIEW)
def einvoice(invoice_id: int, syntax: str) -> ResponseReturnValue:
    """The stored e-invoice; one nobody asked for before is made, checked and stored now."""
    return _sent(ensure_document(invoice_id, syntax, request_now()), "attachment")


def _sent(document: Document, disposition: str) -> ResponseReturnValue:
    response = Response(read_content(document), mimetype=document.media_type)
    response.headers["Content-Disposition"] = f'{disposition}; filename="{document.name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(document.sha256)
    return response.make_conditional(request)
