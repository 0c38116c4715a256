"""Pages of orders: the list, and one order with everything that happens to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for

from app.audit.queries import list_timeline
from app.auth.guards import get_actor, guard
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.customers.queries import billing_address, get_customer, names_of
from app.db.unit_of_work import unit_of_work
from app.orders import panels, queries, services  # noqa: F401 - panels register themselves
from app.orders.forms import CancelForm
from app.orders.lifecycle import LIFECYCLE
from app.orders.models import Order, OrderState
from app.orders.pages import blueprint
from app.orders.rules import line_net
from app.web.arguments import id_argument, text_argument, word_argument
from app.web.filters import request_now, request_today
from app.web.listing import ExportColumn, choose_sort, count_up_to, export_csv, paginate
from app.web.panels import list_hints, list_panels, list_stages
from app.web.timeline import build_timeline

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

SORTS = {"due": Order.due_on, "number": Order.id}
EXPORT = (
    ExportColumn("number", lambda order: order.number),
    ExportColumn("state", lambda order: order.state.value),
    ExportColumn("ordered_on", lambda order: order.ordered_on),
    ExportColumn("due_on", lambda order: order.due_on),
    ExportColumn("fulfilled_on", lambda order: order.fulfilled_on),
    ExportColumn("owner", lambda order: order.owner),
    ExportColumn("po_number", lambda order: order.po_number),
    ExportColumn("currency", lambda order: order.currency),
    ExportColumn("net_total", queries.net_of),
    ExportColumn("cancel_reason", lambda order: order.cancel_reason),
)


@blueprint.get("", strict_slashes=False)
@guard(Permission.ORDERS_VIEW)
def index() -> ResponseReturnValue:
    """Orders in progress, those due first on top; other states by their newest."""
    query = text_argument(request.args, "q")
    view = word_argument(request.args, "view", queries.View) or queries.View.IN_PROGRESS
    statement = queries.filter_view(
        view, request_today(), customer_id=id_argument(request.args, "customer"), query=query
    )
    sort = choose_sort(SORTS, default="due" if view in queries.RUNNING else "-number", tie=Order.id)
    if request.args.get("export"):
        return export_csv(statement, order=sort.order, columns=EXPORT, name="orders", now=request_now())
    page = paginate(statement, order=sort.order)
    return render_template(
        "orders/index.html",
        page=page,
        names=names_of([order.customer_id for order in page.rows]),
        hints=list_hints("order", [order.id for order in page.rows]),
        count=count_up_to(statement),
        sort=sort,
        query=query,
        view=view,
        views=list(queries.View),
        strip=_strip(view),
    )


def _strip(view: queries.View) -> list[dict[str, Any]]:
    """What is in progress, and what of it is late, with money."""
    today = request_today()
    parts = [
        (queries.View.IN_PROGRESS, "In progress", "info", queries.count_of(OrderState.IN_PROGRESS), None),
        (queries.View.LATE, "Late", "red", queries.count_late(today), today),
    ]
    return [
        {
            "label": label,
            "tone": tone,
            "count": count,
            "totals": queries.totals_of(OrderState.IN_PROGRESS, late_on=late_on),
            "url": url_for("orders.index", view=part.value),
            "active": view is part,
        }
        for part, label, tone, count, late_on in parts
    ]


@blueprint.get("/<int:order_id>")
@guard(Permission.ORDERS_VIEW)
def detail(order_id: int) -> ResponseReturnValue:
    """Where one order is: its stages, what comes next, lines, tasks, money, history."""
    return _show(order_id, CancelForm(formdata=None), 200)


def _show(order_id: int, form: CancelForm, status: int) -> ResponseReturnValue:
    order = queries.get_order(order_id)
    customer = get_customer(order.customer_id)
    entries = list_timeline(order_id=order_id, limit=50)
    page = render_template(
        "orders/detail.html",
        order=order,
        customer=customer,
        address=billing_address(customer),
        lines=[(line, line_net(line.quantity, line.unit_price, line.discount_percent, order.currency))
               for line in order.lines],
        stages=list_stages("order", order_id),
        hint=list_hints("order", [order_id]).get(order_id),
        panels=list_panels("order", order_id),
        may_be_cancelled=LIFECYCLE.is_possible("cancel", order.state),
        form=form,
        events=build_timeline(entries, name_actors(entry.actor for entry in entries), here="order"),
    )  # fmt: skip
    return page, status


@blueprint.get("/<int:order_id>/peek")
@guard(Permission.ORDERS_VIEW)
def peek(order_id: int) -> ResponseReturnValue:
    """An order beside the list."""
    order = queries.get_order(order_id)
    return render_template(
        "orders/peek.html",
        order=order,
        customer=get_customer(order.customer_id),
        stages=list_stages("order", order_id),
        hint=list_hints("order", [order_id]).get(order_id),
    )


@blueprint.post("/<int:order_id>/cancel")
@guard(Permission.ORDERS_CANCEL)
def cancel(order_id: int) -> ResponseReturnValue:
    """The order is off, with a reason."""
    form = CancelForm()
    if not form.validate():
        return _show(order_id, form, 422)
    with unit_of_work():
        order = services.cancel_order(order_id, form.reason.data, actor=get_actor(), now=request_now())
    flash(f"Order {order.number} is cancelled and its tasks are closed.", "success")
    return redirect(url_for("orders.detail", order_id=order_id))
