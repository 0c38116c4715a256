"""What orders add to the pages of deals and customers, and what stands on their own: holds and first stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import render_template, url_for
from markupsafe import Markup

from app.auth.guards import may_current
from app.auth.rules import Permission
from app.deals.models import DealState
from app.deals.queries import get_deal
from app.orders import queries
from app.orders.models import OrderState
from app.orders.models_holds import HoldKind, OrderHold
from app.orders.queries_care import list_open_of
from app.orders.queries_holds import exposure_of, exposure_with, list_holds_of
from app.orders.rules_care import LABELS
from app.orders.rules_credit import find_objections
from app.web.filters import day, request_today
from app.web.glances import list_glances
from app.web.listing import count_up_to
from app.web.panels import Hint, Panel, Stage, hints_for, panel_for, stages_for


@panel_for("deal", place=10, permission="orders.view")
def order_of_deal(deal_id: int) -> Panel | None:
    """The order that was opened for this deal."""
    order = queries.find_order_of(deal_id)
    if order is None:
        return None
    summary = list_glances("order", [order.id])[order.id]
    body = render_template("orders/_of_deal.html", order=order, summary=summary)
    return Panel("Order", Markup(body), aside=True)  # noqa: S704 - the template escapes


@panel_for("customer", place=20, permission="orders.view")
def orders_of_customer(customer_id: int) -> Panel | None:
    """The newest orders of this customer."""
    orders = queries.list_orders_of(customer_id)
    if not orders:
        return None
    glances = list_glances("order", [order.id for order in orders])
    body = render_template("orders/_of_customer.html", orders=orders, glances=glances)
    count = count_up_to(queries.filter_orders(customer_id=customer_id)).number
    everything = url_for("orders.index", customer=customer_id)
    actions = Markup('<a class="button button-small button-quiet" href="{}">All orders</a>').format(everything)
    return Panel("Orders", Markup(body), count=count, actions=actions, flush=True)  # noqa: S704 - it escapes


@panel_for("customer", place=30, permission="orders.view")
def credit_of_customer(customer_id: int) -> Panel:
    """What the customer owes and will owe, against the limit."""
    exposure = exposure_of(customer_id, request_today())
    body = render_template("orders/_credit.html", exposure=exposure)
    return Panel("Credit", Markup(body), aside=True)  # noqa: S704 - the template escapes


@panel_for("customer", place=25, permission="orders.view")
def care_of_customer(customer_id: int) -> Panel:
    """What is to be done for this customer."""
    reminders = list_open_of(customer_id)
    body = render_template("orders/_care.html", reminders=reminders, labels=LABELS, customer_id=customer_id)
    return Panel("Account care", Markup(body), aside=True)  # noqa: S704 - the template escapes


@hints_for("order", place=5)
def what_holds_an_order(order_ids: Sequence[int]) -> Mapping[int, Hint]:
    """A hold comes first: nothing else can be done until somebody decides."""
    return {order_id: _hold_hint(holds[0]) for order_id, holds in list_holds_of(order_ids).items()}


@hints_for("deal", place=5)
def what_credit_says_of_a_deal(deal_ids: Sequence[int]) -> Mapping[int, Hint]:
    """Whether the order of a deal is on hold, or will be as soon as the deal is accepted."""
    hints = {deal_id: _credit_hint(deal_id) for deal_id in deal_ids}
    return {deal_id: hint for deal_id, hint in hints.items() if hint is not None}


def _credit_hint(deal_id: int) -> Hint | None:
    deal = get_deal(deal_id)
    if deal.state is DealState.WAITING:
        objections = find_objections(exposure_with(deal, request_today()))
        return Hint("the order will be on hold for credit", " ".join(objections)) if objections else None
    order = queries.find_order_of(deal_id)
    holds = list_holds_of([order.id]).get(order.id) if order else None
    if order is None or not holds:
        return None
    url = url_for("orders.detail", order_id=order.id)
    return Hint(f"its order is on hold ({holds[0].kind.value})", holds[0].reason, url)


def _hold_hint(hold: OrderHold) -> Hint:
    """What can be done about a hold: decide, or ask somebody who may."""
    may = may_release(hold)
    return Hint(
        f"Decide about the {hold.kind.value} hold"
        if may
        else f"Ask finance or a manager about the {hold.kind.value} hold",
        f"on hold since {day(hold.placed_at)}; to be looked at again on {day(hold.review_on)}",
        url_for("orders.release", hold_id=hold.id) if may else url_for("orders.detail", order_id=hold.order_id),
        is_late=hold.review_on <= request_today(),
    )


def may_release(hold: OrderHold) -> bool:
    """Whether the current user may let the order go."""
    return may_current(Permission.CREDIT_RELEASE if hold.kind is HoldKind.CREDIT else Permission.ORDERS_HOLD)


@stages_for("order", place=10)
def first_stages(order_id: int) -> list[Stage]:
    """From the closed deal to the opened order, or to its end."""
    order = queries.get_order(order_id)
    deal = get_deal(order.deal_id)
    deal_url = url_for("deals.detail", deal_id=deal.id) if may_current(Permission.DEALS_VIEW) else ""
    stages = [
        Stage("Deal", "done", f"closed {day(deal.closed_on)}", deal_url),
        Stage("Order", "done", f"opened {day(order.ordered_on)}"),
    ]
    if order.state is OrderState.CANCELLED:
        stages.append(Stage("Cancelled", "stop", day(order.cancelled_on)))
    return stages
