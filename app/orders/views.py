"""Pages of orders: the list, where one order is, and cancelling it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import redirect, render_template, request, url_for

from app.audit.queries import list_timeline
from app.auth.guards import get_actor, guard
from app.auth.names import name_actors, name_users
from app.auth.rules import Permission
from app.company.queries import get_company
from app.customers.queries import get_customer, names_of
from app.db.unit_of_work import unit_of_work
from app.deals.queries import get_deal
from app.kernel.errors import BadInput
from app.orders import (  # noqa: F401 - panels and further views register what they have
    panels,
    panels_lines,
    panels_talk,
    queries,
    services,
    views_amendments,
    views_backlog,
    views_care,
    views_files,
    views_holds,
    views_lines,
    views_talk,
)
from app.orders.export import OrderSheet
from app.orders.forms import CancelForm
from app.orders.lifecycle import LIFECYCLE
from app.orders.models import Order, OrderState
from app.orders.models_holds import OrderHold
from app.orders.pages import blueprint
from app.orders.progress import build_progress
from app.orders.queries import RUNNING, View, Worth
from app.orders.queries_backlog import opened_in
from app.orders.queries_exceptions import list_exceptions_of
from app.orders.queries_holds import list_holds
from app.orders.rules_age import BAND_LABELS, AgeBand, percent_of
from app.orders.rules_deliver import percent_delivered
from app.orders.rules_exceptions import ExceptionState
from app.web.addresses import url_with
from app.web.arguments import flag_argument, id_argument, text_argument, word_argument
from app.web.filters import money, request_now, request_today
from app.web.flashes import say
from app.web.glances import list_glances
from app.web.listing import choose_sort, count_up_to, export_csv, paginate
from app.web.navigation import register_count
from app.web.panels import list_hints, list_panels, list_stages
from app.web.timeline import build_timeline, list_actors
from app.web.versions import read_version

if TYPE_CHECKING:
    from datetime import date

    from flask.typing import ResponseReturnValue

SORTS = {"number": Order.id, "due": Order.due_on}
STRIP = (
    (View.ON_TIME, "On time", "info"),
    (View.LATE, "Late", "red"),
    (View.FULFILLED, "Fulfilled", "good"),
    (View.CANCELLED, "Cancelled", "slate"),
)
TABS = (
    (View.IN_PROGRESS, "In progress"),
    (View.DUE_SOON, "Due in 7 days"),
    (View.LATE, "Late"),
    (View.ON_HOLD, "On hold"),
    (View.TO_APPROVE, "To approve"),
    (View.ALL, "All"),
)
MOST_EVENTS = 60


@blueprint.get("")
@guard(Permission.ORDERS_VIEW)
def index() -> ResponseReturnValue:
    """Orders of a view, each with how far it is, who holds it and what is next."""
    query, customer_id = text_argument(request.args, "q"), id_argument(request.args, "customer")
    chosen = word_argument(request.args, "view", View)
    # whoever looks for something looks everywhere, unless told otherwise
    view = chosen or (View.ALL if query or customer_id else View.IN_PROGRESS)
    today = request_today()
    band = word_argument(request.args, "age", AgeBand)
    statement = queries.filter_view(view, today, customer_id=customer_id, query=query)
    if band:
        statement = statement.where(*opened_in(views_backlog.bands_today()[band]))
    sort = choose_sort(SORTS, default="due" if view in RUNNING else "-number", tie=Order.id)
    worth = queries.worth_of(statement)
    if flag_argument(request.args, "export"):
        sheet = OrderSheet()
        return export_csv(
            statement, order=sort.order, columns=sheet.columns, name="orders", now=request_now(),
            totals=sheet.totals(worth), prepare=sheet.prepare,
        )  # fmt: skip
    page = paginate(statement, order=sort.order)
    strip = queries.worth_by_view(today)
    ids = [order.id for order in page.rows]
    glances = list_glances("order", ids)
    return render_template(
        "orders/index.html",
        page=page,
        sort=sort,
        worth=worth,
        view=view,
        query=query,
        customer=get_customer(customer_id) if customer_id else None,
        strip=_strip(strip, view),
        tabs=_tabs(strip, view, today),
        names=names_of([order.customer_id for order in page.rows]),
        glances=glances,
        progress=build_progress(page.rows, glances),
        band=BAND_LABELS[band] if band else "",
        without_band_url=url_with(age=None, after=None, before=None),
        hints=list_hints("order", ids),
        export_url=url_with(export=1, after=None, before=None),
        without_customer_url=url_with(customer=None, after=None, before=None),
    )


def _strip(strip: dict[View, Worth], view: View) -> list[dict[str, Any]]:
    ours = get_company().currency
    return [
        {
            "label": label,
            **_amounts(strip[one], ours),
            "weight": strip[one].count,
            "tone": tone,
            "url": _to(None if one is view else one),
            "active": one is view,
        }
        for one, label, tone in STRIP
    ]


def _amounts(worth: Worth, ours: str) -> dict[str, str]:
    """Our own currency in front, the others and the number of orders beneath it."""
    first = ours if ours in worth.totals else next(iter(worth.totals), ours)
    others = [money(total, currency) for currency, total in worth.totals.items() if currency != first]
    count = f"{worth.count:,} {'order' if worth.count == 1 else 'orders'}"
    return {
        "amount": money(worth.totals.get(first, 0), first),
        "more": f"{count} · plus {' + '.join(others)}" if others else count,
    }


def _tabs(strip: dict[View, Worth], view: View, today: date) -> list[dict[str, Any]]:
    counts = {
        View.IN_PROGRESS: strip[View.ON_TIME].count + strip[View.LATE].count,
        View.LATE: strip[View.LATE].count,
        View.DUE_SOON: count_up_to(queries.filter_view(View.DUE_SOON, today)),
        View.ON_HOLD: count_up_to(queries.filter_view(View.ON_HOLD, today)),
        View.TO_APPROVE: count_up_to(queries.filter_view(View.TO_APPROVE, today)),
        View.ALL: sum(worth.count for worth in strip.values()),
    }
    return [{"label": label, "url": _to(one), "count": counts[one], "active": one is view} for one, label in TABS]


def _to(view: View | None) -> str:
    """The list in another view, from its first page; the text stays, the sorting is the view's own."""
    return url_with(view=view.value if view else None, after=None, before=None, sort=None)


@blueprint.get("/<int:order_id>")
@guard(Permission.ORDERS_VIEW)
def detail(order_id: int) -> ResponseReturnValue:
    """Where one order is, at one glance; then everything about it."""
    order = queries.get_order(order_id)
    events = _events(order, MOST_EVENTS)
    summary = list_glances("order", [order_id])[order_id]
    return render_template(
        "orders/detail.html",
        order=order,
        is_late=_is_late(order),
        due_words=_due_words(order),
        customer=get_customer(order.customer_id),
        deal=get_deal(order.deal_id),
        stages=list_stages("order", order_id),
        hint=list_hints("order", [order_id]).get(order_id),
        summary=summary,
        panels=list_panels("order", order_id),
        events=events,
        is_cut=len(events) == MOST_EVENTS,
        can_cancel=LIFECYCLE.is_possible("cancel", order.state),
        holds=_holds(order),
        billed=percent_of(summary.billed, order.net_total),
        delivered=percent_delivered(order.lines, order.currency),
        exceptions=sum(one.state is ExceptionState.OPEN for one in list_exceptions_of(order_id)),
    )


def _holds(order: Order) -> list[tuple[OrderHold, str, bool]]:
    """The holds that stand, who looks after each, and whether the current user may let it go."""
    holds = list_holds(order.id) if order.held_at is not None else []
    names = name_users(hold.owner_id for hold in holds)
    return [(hold, names.get(hold.owner_id or 0, ""), panels.may_release(hold)) for hold in holds]


@blueprint.get("/<int:order_id>/peek")
@guard(Permission.ORDERS_VIEW)
def peek(order_id: int) -> ResponseReturnValue:
    """An order beside the list."""
    order = queries.get_order(order_id)
    return render_template(
        "orders/peek.html",
        order=order,
        is_late=_is_late(order),
        customer=get_customer(order.customer_id),
        hint=list_hints("order", [order_id]).get(order_id),
        summary=list_glances("order", [order_id])[order_id],
        events=_events(order, 5),
    )


@blueprint.route("/<int:order_id>/cancel", methods=["GET", "POST"])
@guard(Permission.ORDERS_CANCEL)
def cancel(order_id: int) -> ResponseReturnValue:
    """What cancelling would do, in numbers; then the reason, and it is done."""
    form = CancelForm(version=str(queries.get_order(order_id).version))
    changed = False
    if form.validate_on_submit():
        try:
            return _cancel(order_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
        except services.OrderChanged:
            changed = True
    status = 409 if changed else 422 if form.errors else 200
    return _show_cancel(order_id, form, changed=changed), status


def _cancel(order_id: int, form: CancelForm) -> ResponseReturnValue:
    version = read_version(form.version.data)
    with unit_of_work():
        order = services.cancel_order(
            order_id, form.reason.data or "", version=version, actor=get_actor(), now=request_now()
        )
        number = order.number
    say(f"Order {number} is cancelled and its open tasks are closed.")
    return redirect(url_for("orders.detail", order_id=order_id))


def _show_cancel(order_id: int, form: CancelForm, *, changed: bool) -> str:
    order = queries.get_order(order_id)
    if changed:
        # Cancelling once more is a decision made with what happened in sight
        form.version.data = str(order.version)
    return render_template(
        "orders/cancel.html",
        order=order,
        form=form,
        customer=get_customer(order.customer_id),
        effects=list_glances("order", [order_id])[order_id].effects,
        can_cancel=LIFECYCLE.is_possible("cancel", order.state),
        events=_events(order, 5) if changed else [],
    )


def _events(order: Order, limit: int) -> list[dict[str, Any]]:
    """The latest entries of the order's timeline, which begins with its deal."""
    entries = list_timeline(order_id=order.id, deal_id=order.deal_id, limit=limit)
    return build_timeline(entries, name_actors(list_actors(entries)), here="order")


def _is_late(order: Order) -> bool:
    return order.state is OrderState.IN_PROGRESS and order.due_on < request_today()


def _due_words(order: Order) -> str:
    """How the order stands to the day it is due."""
    if order.fulfilled_on is not None:
        days = (order.fulfilled_on - order.due_on).days
        return f"fulfilled {days} d late" if days > 0 else "fulfilled on time"
    days = (order.due_on - request_today()).days
    if days < 0:
        return f"{-days} d late"
    return f"in {days} d" if days else "today"


def _count_late() -> int:
    """How many orders are late, for the menu; counted to a hundred."""
    return count_up_to(queries.filter_orders(late_on=request_today()), most=100).number


blueprint.record(lambda state: register_count(state.app, "orders.index", _count_late, hot=True))
