"""The versions of an order, and the decision about an amendment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, url_for

from app.auth.guards import get_actor, guard
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.customers.queries import get_customer
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.orders import services_amendments
from app.orders.forms_lines import RefuseForm
from app.orders.pages import blueprint
from app.orders.queries import get_order
from app.orders.queries_amendments import get_amendment, list_amendments
from app.orders.rows_amendments import AmendmentRow, list_differences
from app.web.filters import request_now
from app.web.flashes import say

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.get("/<int:order_id>/versions")
@guard(Permission.ORDERS_VIEW)
def versions(order_id: int) -> ResponseReturnValue:
    """Every amendment with what it changes, the newest first."""
    return _show(order_id, RefuseForm(formdata=None))


@blueprint.post("/amendments/<int:amendment_id>/approve")
@guard(Permission.ORDERS_APPROVE)
def approve_amendment(amendment_id: int) -> ResponseReturnValue:
    """It counts from now on."""
    order_id = get_amendment(amendment_id).order_id
    with unit_of_work():
        services_amendments.approve_amendment(amendment_id, actor=get_actor(), now=request_now())
    say("The amendment counts from now on.")
    return redirect(url_for("orders.detail", order_id=order_id))


@blueprint.post("/amendments/<int:amendment_id>/refuse")
@guard(Permission.ORDERS_APPROVE)
def refuse_amendment(amendment_id: int) -> ResponseReturnValue:
    """It never counts; whoever proposed it reads why."""
    order_id, form = get_amendment(amendment_id).order_id, RefuseForm()
    try:
        if form.validate():
            with unit_of_work():
                services_amendments.refuse_amendment(
                    amendment_id, form.reason.data or "", actor=get_actor(), now=request_now()
                )
            say("The amendment is refused.")
            return redirect(url_for("orders.versions", order_id=order_id))
    except BadInput as refusal:
        form.refuse(refusal)
    return _show(order_id, form), 422


@blueprint.post("/amendments/<int:amendment_id>/withdraw")
@guard(Permission.ORDERS_EDIT)
def withdraw_amendment(amendment_id: int) -> ResponseReturnValue:
    """Whoever proposed it thinks better of it."""
    order_id = get_amendment(amendment_id).order_id
    with unit_of_work():
        services_amendments.withdraw_amendment(amendment_id, actor=get_actor(), now=request_now())
    say("The amendment is withdrawn.")
    return redirect(url_for("orders.versions", order_id=order_id))


def _show(order_id: int, form: RefuseForm) -> str:
    order, amendments = get_order(order_id), list_amendments(order_id)
    names = name_actors({one.proposed_by for one in amendments} | {one.decided_by or "" for one in amendments} - {""})
    rows = [
        AmendmentRow(
            amendment=one,
            differences=list_differences(one, order),
            proposer=names.get(one.proposed_by, one.proposed_by),
            decider=names.get(one.decided_by or "", one.decided_by or ""),
            is_mine=one.proposed_by == get_actor(),
        )
        for one in amendments
    ]
    customer = get_customer(order.customer_id)
    return render_template("orders/versions.html", order=order, rows=rows, form=form, customer=customer)
