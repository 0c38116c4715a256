"""Pages of holds: putting an order on hold, looking at a hold again, letting it go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, url_for
from wtforms.fields.choices import SelectChoice

from app.auth.guards import get_actor, guard, require
from app.auth.names import list_people
from app.auth.rules import Permission
from app.company.calendars import business_calendar
from app.customers.queries import get_customer
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.orders import queries, queries_holds, services_holds
from app.orders.forms import HoldForm, ReleaseForm, ReviewForm
from app.orders.models_holds import HoldKind, OrderHold
from app.orders.pages import blueprint
from app.web.filters import day, request_now, request_today
from app.web.flashes import say

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

REVIEW_AFTER_DAYS = 3


@blueprint.route("/<int:order_id>/hold", methods=["GET", "POST"])
@guard(Permission.ORDERS_HOLD)
def hold(order_id: int) -> ResponseReturnValue:
    """Why it stands still, who looks after it, until when."""
    order = queries.get_order(order_id)
    form = _build_form()
    if form.validate_on_submit():
        try:
            return _hold(order_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
        except services_holds.HoldStands as refusal:
            form.refuse(BadInput(str(refusal), field="kind"))
    customer = get_customer(order.customer_id)
    return render_template("orders/hold.html", order=order, customer=customer, form=form), 422 if form.errors else 200


def _build_form() -> HoldForm:
    today = request_today()
    form = HoldForm(review_on=business_calendar(today.year).add_working_days(today, REVIEW_AFTER_DAYS))
    people = [SelectChoice(str(person), name) for person, name in list_people()]
    form.owner_id.choices = [SelectChoice("", "whoever decides"), *people]
    return form


def _hold(order_id: int, form: HoldForm) -> ResponseReturnValue:
    review_on = form.review_on.data
    assert review_on is not None  # noqa: S101 - the form requires it
    with unit_of_work():
        services_holds.place_hold(
            order_id,
            HoldKind(form.kind.data),
            form.reason.data or "",
            review_on=review_on,
            owner_id=int(form.owner_id.data) if form.owner_id.data else None,
            actor=get_actor(),
            now=request_now(),
        )
    say(f"The order is on hold. It comes up again on {day(review_on)}.")
    return redirect(url_for("orders.detail", order_id=order_id))


@blueprint.route("/holds/<int:hold_id>/release", methods=["GET", "POST"])
@guard(Permission.ORDERS_HOLD)
def release(hold_id: int) -> ResponseReturnValue:
    """The order may go on: with a reason, and for credit with the permission to decide about it."""
    found = queries_holds.get_hold(hold_id)
    _require_may_release(found)
    form = ReleaseForm()
    if form.validate_on_submit():
        try:
            return _release(found.id, found.order_id, form.reason.data or "")
        except BadInput as refusal:
            form.refuse(refusal)
    return _show(found, form, ReviewForm(formdata=None, review_on=found.review_on)), 422 if form.errors else 200


@blueprint.post("/holds/<int:hold_id>/review")
@guard(Permission.ORDERS_HOLD)
def review(hold_id: int) -> ResponseReturnValue:
    """It stands, and comes up again another day."""
    found = queries_holds.get_hold(hold_id)
    form = ReviewForm()
    try:
        if form.validate():
            assert form.review_on.data is not None  # noqa: S101 - the form requires it
            with unit_of_work():
                services_holds.review_hold(hold_id, form.review_on.data, actor=get_actor(), now=request_now())
            say(f"The hold stands. It comes up again on {day(form.review_on.data)}.")
            return redirect(url_for("orders.detail", order_id=found.order_id))
    except BadInput as refusal:
        form.refuse(refusal)
    return _show(found, ReleaseForm(formdata=None), form), 422


def _require_may_release(found: OrderHold) -> None:
    if found.kind is HoldKind.CREDIT:
        require(Permission.CREDIT_RELEASE)


def _release(hold_id: int, order_id: int, reason: str) -> ResponseReturnValue:
    with unit_of_work():
        services_holds.release_hold(hold_id, reason, actor=get_actor(), now=request_now())
    held = queries.get_order(order_id).held_at is not None
    say("This hold is released; another one still stands." if held else "The order goes on.")
    return redirect(url_for("orders.detail", order_id=order_id))


def _show(found: OrderHold, form: ReleaseForm, review_form: ReviewForm) -> str:
    order = queries.get_order(found.order_id)
    exposure = queries_holds.exposure_of(order.customer_id, request_today()) if found.kind is HoldKind.CREDIT else None
    return render_template(
        "orders/release.html",
        order=order,
        hold=found,
        exposure=exposure,
        customer=get_customer(order.customer_id),
        form=form,
        review_form=review_form,
    )
