"""Pages on which all lines of an order are changed at once: dates, deliveries, cancelling in part, amending."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.company.queries import get_company
from app.customers.queries import get_customer
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput, RuleError
from app.kernel.money import to_minor, write_money
from app.orders import services_amendments, services_deliveries
from app.orders.forms_lines import (
    AmendForm,
    CutForm,
    DatesForm,
    DeliverForm,
    LinesForm,
    UndoForm,
    amend_data,
    dates_data,
    left_data,
    quantities_data,
)
from app.orders.models import Order, OrderLine
from app.orders.pages import blueprint
from app.orders.queries import get_order
from app.orders.queries_deliveries import get_delivery
from app.orders.rows_conflict import compare_forms
from app.orders.rules_amend import AmendmentState
from app.orders.services import OrderChanged
from app.web.filters import request_now, request_today
from app.web.flashes import say
from app.web.versions import read_version

if TYPE_CHECKING:
    from decimal import Decimal

    from flask.typing import ResponseReturnValue


@blueprint.route("/<int:order_id>/dates", methods=["GET", "POST"])
@guard(Permission.ORDERS_EDIT)
def dates(order_id: int) -> ResponseReturnValue:
    """When each line is requested and promised."""
    return _change(order_id, "orders/dates.html", lambda order, **how: DatesForm(data=dates_data(order), **how), _date)


def _date(order: Order, form: Any) -> str:
    days = {
        line_id: (entry.requested_on.data, entry.promised_on.data) for line_id, entry in form.by_line(order).items()
    }
    services_deliveries.set_dates(order.id, days, **_who(form))
    return "The dates are saved."


@blueprint.route("/<int:order_id>/deliver", methods=["GET", "POST"])
@guard(Permission.ORDERS_EDIT)
def deliver(order_id: int) -> ResponseReturnValue:
    """How much of each line reached the customer, and when."""

    def build(order: Order, **how: Any) -> DeliverForm:
        # Beside what two people typed stands what is left; to begin with there is nothing
        lines = left_data(order) if how else quantities_data(order)
        return DeliverForm(data={**lines, "on": request_today()}, **how)

    if request.form.get("fill"):
        return _fill_delivery(get_order(order_id))
    return _change(order_id, "orders/deliver.html", build, _deliver)


def _fill_delivery(order: Order) -> ResponseReturnValue:
    """All that is left stands in the fields; nothing is recorded yet."""
    sent = DeliverForm()
    kept = {"version": sent.version.data, "on": sent.on.data or request_today(), "note": sent.note.data}
    return _show(order, "orders/deliver.html", DeliverForm(formdata=None, data=left_data(order) | kept), [])


def _deliver(order: Order, form: Any) -> str:
    services_deliveries.record_delivery(
        order.id, _quantities(order, form), on=form.on.data, note=form.note.data or "", **_who(form)
    )
    return "The delivery is recorded."


@blueprint.route("/<int:order_id>/cancel-part", methods=["GET", "POST"])
@guard(Permission.ORDERS_CANCEL)
def cancel_part(order_id: int) -> ResponseReturnValue:
    """How much of each line is not wanted any more, and why."""
    build: Build = lambda order, **how: CutForm(data=quantities_data(order), **how)  # noqa: E731 - as its neighbours
    return _change(order_id, "orders/cancel_part.html", build, _cut)


def _cut(order: Order, form: Any) -> str:
    services_amendments.cancel_part(order.id, _quantities(order, form), form.reason.data or "", **_who(form))
    return "That part is cancelled."


@blueprint.route("/<int:order_id>/amend", methods=["GET", "POST"])
@guard(Permission.ORDERS_EDIT)
def amend(order_id: int) -> ResponseReturnValue:
    """What the order says; small changes count at once, larger ones wait for approval."""

    def build(order: Order, **how: Any) -> AmendForm:
        form = AmendForm(data=amend_data(order), **how)
        form.offer_taxes(order)
        return form

    return _change(order_id, "orders/amend.html", build, _amend, to="orders.versions")


def _amend(order: Order, form: Any) -> str:
    amendment = services_amendments.propose_amendment(order.id, form.said(order), **_who(form))
    if amendment.state is AmendmentState.PROPOSED:
        return f"Amendment {amendment.number} waits for approval by somebody else. {amendment.limits_passed}"
    return f"Amendment {amendment.number} counts from now on."


@blueprint.route("/deliveries/<int:delivery_id>/undo", methods=["GET", "POST"])
@guard(Permission.ORDERS_EDIT)
def undo_delivery(delivery_id: int) -> ResponseReturnValue:
    """A delivery that did not reach the customer after all."""
    found = get_delivery(delivery_id)
    order, form = get_order(found.order_id), UndoForm()
    if form.validate_on_submit():
        with unit_of_work():
            services_deliveries.undo_delivery(delivery_id, form.reason.data or "", actor=get_actor(), now=request_now())
        say("The delivery is taken back.")
        return redirect(url_for("orders.detail", order_id=order.id))
    line = next(line for line in order.lines if line.id == found.line_id)
    page = render_template("orders/undo_delivery.html", order=order, delivery=found, line=line, form=form)
    return page, 422 if form.errors else 200


Build = Callable[..., Any]


def _change(
    order_id: int, template: str, build: Build, act: Callable[[Order, Any], str], *, to: str = "orders.detail"
) -> ResponseReturnValue:
    """Shows the form; a refusal leaves what was typed, and two people's values stand side by side."""
    order = get_order(order_id)
    form, theirs, status = build(order), [], 200
    if form.validate_on_submit():
        try:
            with unit_of_work():
                done = act(get_order(order_id), form)
            say(done)
            return redirect(url_for(to, order_id=order_id))
        except BadInput as refusal:
            form.refuse(refusal)
        except RuleError as refusal:
            form.form_errors, status = [*form.form_errors, str(refusal)], 409
        except OrderChanged:
            order = get_order(order_id)
            theirs, status = compare_forms(build(order, formdata=None), form, order), 409
            form.version.data = str(order.version)
    if form.errors and status == 200:
        status = 422
    return _show(get_order(order_id), template, form, theirs), status


def _show(order: Order, template: str, form: LinesForm, theirs: list[Any]) -> str:
    known = {line.id: line for line in order.lines}
    rows: list[tuple[OrderLine, Any]] = [(known[line_id], entry) for line_id, entry in form.by_line(order).items()]
    customer = get_customer(order.customer_id)
    company = get_company()
    limit = f"{company.amendment_percent} %"
    if company.amendment_amount:
        limit += f" or {write_money(to_minor(Decimal(company.amendment_amount), company.currency), company.currency)}"
    return render_template(template, order=order, form=form, rows=rows, theirs=theirs, customer=customer, limit=limit)


def _quantities(order: Order, form: LinesForm) -> dict[int, Decimal]:
    """Lines left empty, or at 0, are left out."""
    return {line_id: entry.quantity.data for line_id, entry in form.by_line(order).items() if entry.quantity.data}


def _who(form: LinesForm) -> dict[str, Any]:
    return {"version": read_version(form.version.data), "actor": get_actor(), "now": request_now()}
