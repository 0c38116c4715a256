"""Pages that invoice a part of an order, and show a draft as a pro forma."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from flask import Response, flash, redirect, render_template, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.db.unit_of_work import unit_of_work
from app.invoices import queries, services
from app.invoices.forms_parts import BillForm, bill_form_data
from app.invoices.models import Invoice, InvoiceState
from app.invoices.pages import blueprint
from app.invoices.pdf import render_draft, render_pro_forma
from app.invoices.queries_recurring import plans_of_orders
from app.kernel.errors import BadInput, RuleError
from app.orders.queries import get_order
from app.web.filters import request_now, request_today

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.route("/orders/<int:order_id>/bill", methods=["GET", "POST"])
@guard(Permission.INVOICES_DRAFT)
def bill(order_id: int) -> ResponseReturnValue:
    """A draft over quantities, a percentage or milestone, the rest, or a deposit."""
    order = get_order(order_id)
    form, refused = BillForm(data=bill_form_data(order)), ""
    form.amount.currency = order.currency
    try:
        services.require_left(order, queries.remaining_quantities(order))
        if form.validate_on_submit():
            form.require_own_fields()
            return _draft(order_id, form)
    except BadInput as refusal:
        form.refuse(refusal)
    except RuleError as refusal:  # what stands in the way is shown beside what was typed
        refused = str(refusal)
    order = get_order(order_id)
    status = 409 if refused else 422 if form.is_submitted() else 200
    remaining = queries.remaining_quantities(order)
    places = list(zip(order.lines, form.lines.entries, strict=False))
    return render_template(
        "invoices/bill.html", form=form, order=order, remaining=remaining, places=places, refused=refused,
        invoices=queries.list_of_order(order_id) if refused else [], is_left=any(remaining.values()),
        plans=plans_of_orders([order_id]).get(order_id, []),
    ), status  # fmt: skip


@blueprint.get("/<int:invoice_id>/pro-forma.pdf")
@guard(Permission.INVOICES_VIEW)
def pro_forma(invoice_id: int) -> ResponseReturnValue:
    """A draft as a PDF that says it is no invoice; drawn anew each time, kept nowhere."""
    is_draft = queries.get_invoice(invoice_id).state is InvoiceState.DRAFT
    content = services.preview_issue(invoice_id, request_today()).content if is_draft else None
    return _pdf(render_pro_forma(invoice_id, content), f'attachment; filename="pro-forma-{invoice_id}.pdf"')


@blueprint.get("/<int:invoice_id>/draft.pdf")
@guard(Permission.INVOICES_VIEW)
def draft_pdf(invoice_id: int) -> ResponseReturnValue:
    """A draft as it would be issued today, to be looked at; an issued one has its own."""
    if queries.get_invoice(invoice_id).state is not InvoiceState.DRAFT:
        return redirect(url_for("invoices.pdf", invoice_id=invoice_id, show=1))
    content = services.preview_issue(invoice_id, request_today()).content
    return _pdf(render_draft(content), f"inline; filename=draft-{invoice_id}.pdf")


def _pdf(content: bytes, disposition: str) -> Response:
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = disposition
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _draft(order_id: int, form: BillForm) -> ResponseReturnValue:
    with unit_of_work():
        made = _make(order_id, form)
    flash("The draft is ready: look it over, then issue it.", "success")
    return redirect(url_for("invoices.detail", invoice_id=made.id))


def _make(order_id: int, form: BillForm) -> Invoice:
    order, actor, now = get_order(order_id), get_actor(), request_now()
    if form.way.data == "deposit_percent":
        return services.draft_deposit(order_id, percent=form.percent.data, actor=actor, now=now)
    if form.way.data == "deposit_amount":
        return services.draft_deposit(order_id, amount=form.amount.data or 0, actor=actor, now=now)
    if form.way.data == "percent":
        part = services.Part(percent=form.percent.data or Decimal(0), title=form.title.data or "")
    elif form.way.data == "rest":
        part = services.Part(is_rest=True, title=form.title.data or "")
    else:
        part = services.Part(quantities=form.quantities(order), title=form.title.data or "")
    return services.draft_invoice(order_id, actor=actor, now=now, part=part)
