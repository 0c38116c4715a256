"""Pages that make and change drafts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.customers.queries import get_customer
from app.db.unit_of_work import unit_of_work
from app.invoices import queries, queries_orders, queries_waiting, services
from app.invoices.forms import DraftForm, draft_form_data
from app.invoices.pages import blueprint
from app.invoices.queries_recurring import require_no_plan
from app.invoices.queries_runs import Choice
from app.invoices.services.drafts import DraftChanged
from app.invoices.services.runs import start_run
from app.kernel.errors import BadInput, TillpaidError
from app.web.arguments import id_argument
from app.web.filters import request_now, request_today
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.invoices.models import Invoice

MOST_AT_ONCE = 100
LONGEST_ID = 19  # digits a database holds


@blueprint.post("/draft")
@guard(Permission.INVOICES_DRAFT)
def draft() -> ResponseReturnValue:
    """Makes a draft of an order."""
    order_id = id_argument(request.form, "order_id") or 0
    ahead = request.form.get("ahead_of_fulfilment") == "1"
    delivered = request.form.get("only_delivered") == "1"
    with unit_of_work():
        made = services.draft_invoice(
            order_id, actor=get_actor(), now=request_now(), ahead_of_fulfilment=ahead, only_delivered=delivered
        )
    flash("The draft is ready: look it over, then issue it.", "success")
    return redirect(url_for("invoices.detail", invoice_id=made.id))


@blueprint.post("/issue-orders")
@guard(Permission.INVOICES_ISSUE)
def issue_orders() -> ResponseReturnValue:
    """Drafts the chosen orders, one invoice each or one for each customer, and starts a run over these drafts.

    Numbers and mails follow, so it asks first, with what it will do.
    """
    chosen = _chosen_ids()
    rows = queries_waiting.list_chosen(chosen)
    if rows and request.form.get("confirmed") != "1":
        groups = queries_orders.group_by_customer([row.id for row in rows])
        return render_template("invoices/issue_orders.html", rows=rows, customers=len(groups), today=request_today())
    together = request.form.get("together") == "1"
    drafts = _draft_groups(queries_orders.group_by_customer(chosen) if together else [[one] for one in chosen])
    if not drafts:
        return redirect(url_for("invoices.to_invoice"))
    with unit_of_work():
        run = start_run(Choice(invoice_ids=drafts), request_today(), actor=get_actor(), now=request_now())
    return redirect(url_for("invoices.run", run_id=run.id))


@blueprint.route("/<int:invoice_id>/edit", methods=["GET", "POST"])
@guard(Permission.INVOICES_DRAFT)
def edit(invoice_id: int) -> ResponseReturnValue:
    """What a draft says."""
    invoice = queries.get_invoice(invoice_id)
    services.require_draft(invoice)
    form = DraftForm(data=draft_form_data(invoice))
    conflict = False
    if form.validate_on_submit():
        try:
            return _save(invoice_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
        except DraftChanged:
            invoice = queries.get_invoice(invoice_id)
            form.version.data, conflict = str(invoice.version), True
    status = 409 if conflict else 422 if form.is_submitted() else 200
    country = get_customer(invoice.customer_id).country
    orders = queries_orders.orders_of(invoice)
    page = render_template(
        "invoices/edit.html", form=form, invoice=invoice, conflict=conflict, country=country, orders=orders
    )
    return page, status


@blueprint.post("/<int:invoice_id>/delete")
@guard(Permission.INVOICES_DRAFT)
def delete(invoice_id: int) -> ResponseReturnValue:
    """Removes a draft."""
    with unit_of_work():
        services.delete_draft(invoice_id, actor=get_actor(), now=request_now())
    flash("The draft is gone. No number was used.", "success")
    return redirect(url_for("invoices.to_invoice"))


@blueprint.post("/draft-orders")
@guard(Permission.INVOICES_DRAFT)
def draft_orders() -> ResponseReturnValue:
    """Drafts the chosen orders: one invoice each, or one for each customer. One refused does not stop the others."""
    chosen = _chosen_ids()
    together = request.form.get("together") == "1"
    drafts = _draft_groups(queries_orders.group_by_customer(chosen) if together else [[one] for one in chosen])
    if drafts:
        text = f"{len(drafts)} {'draft is' if len(drafts) == 1 else 'drafts are'} ready to be issued."
        said: Any = {"text": text, "url": url_for("invoices.index", state="draft"), "link": "See the drafts"}
        flash(said, "good")
    return redirect(url_for("invoices.to_invoice"))


def _chosen_ids() -> list[int]:
    """The rows that were ticked, as many as are done at once; what is no id is left out."""
    typed = request.form.getlist("ids")
    return [int(one) for one in typed if one.isascii() and one.isdigit() and len(one) < LONGEST_ID][:MOST_AT_ONCE]


def _draft_groups(groups: Sequence[Sequence[int]]) -> list[int]:
    """The drafts of these groups of orders; one that is refused is named and does not stop the others."""
    drafts: list[int] = []
    for order_ids in groups:
        try:
            with unit_of_work():
                drafts.append(_draft_group(order_ids).id)
        except TillpaidError as refusal:
            flash(f"{_name_of(order_ids)}: {refusal}", "warn")
    if not groups:
        flash("Choose at least one order.", "info")
    return drafts


def _draft_group(order_ids: Sequence[int]) -> Invoice:
    require_no_plan(order_ids)
    if len(order_ids) == 1:
        return services.draft_invoice(order_ids[0], actor=get_actor(), now=request_now())
    return services.draft_consolidated(order_ids, actor=get_actor(), now=request_now())


def _save(invoice_id: int, form: DraftForm) -> ResponseReturnValue:
    said = form.said(queries.get_invoice(invoice_id))
    with unit_of_work():
        services.update_draft(
            invoice_id, said, version=read_version(form.version.data), actor=get_actor(), now=request_now()
        )
    flash("Saved.", "success")
    return redirect(url_for("invoices.detail", invoice_id=invoice_id))


def _name_of(order_ids: Sequence[int]) -> str:
    return ", ".join(queries.find_order_number(one) or f"Order {one}" for one in order_ids)
