"""Puts orders on hold, lets them go again, and says no to whatever would move a held one."""

from datetime import date, datetime
from typing import Any

from app.auth.models import User
from app.company.calendars import business_calendar
from app.company.queries import business_today
from app.db.base import session
from app.db.events import announce
from app.kernel.errors import BadInput, NotFound, RuleError
from app.kernel.texts import clean_block
from app.orders import queries_holds
from app.orders.events import OrderFreed, OrderHeld
from app.orders.models import Order, OrderState
from app.orders.models_holds import HoldKind, OrderHold
from app.orders.rules_credit import find_objections
from app.orders.services import lock_order, record_order


class OrderOnHold(RuleError):
    """Order {number} is on hold: {reasons} Release the hold first."""


class HoldReleased(RuleError):
    """This hold is released already."""


class NothingToHold(RuleError):
    """Order {number} is {state}, so there is nothing to hold."""


class HoldStands(RuleError):
    """There is a {kind} hold already; release or change it."""


class ReviewInThePast(BadInput):
    """The hold has to be looked at again today or later: {day} is past."""


class OwnerUnknown(NotFound):
    """There is no such person, or they do not work here any more."""


def require_not_held(order: Order) -> None:
    """Raises OrderOnHold while a hold stands. Whatever finishes, fulfils or bills asks this first."""
    if order.held_at is not None:
        reasons = [hold.reason.rstrip(".") + "." for hold in queries_holds.list_holds(order.id)]
        raise OrderOnHold(number=order.number, reasons=" ".join(reasons))


def place_hold(
    order_id: int,
    kind: HoldKind,
    reason: str,
    *,
    review_on: date,
    owner_id: int | None = None,
    actor: str,
    now: datetime,
) -> OrderHold:
    """The order stands still from now on. Raises NothingToHold, HoldStands, BadInput, OwnerUnknown."""
    order = lock_order(order_id)
    if order.state is OrderState.CANCELLED or (order.state is OrderState.FULFILLED and _is_billed(order)):
        raise NothingToHold(number=order.number, state=order.state.value.replace("_", " "))
    if review_on < business_today(now):
        raise ReviewInThePast(day=review_on, field="review_on")
    if owner_id is not None and not ((person := session().get(User, owner_id)) and person.active):
        raise OwnerUnknown
    if _stands(order_id, kind):
        raise HoldStands(kind=kind.value)
    hold = OrderHold(
        order_id=order.id,
        kind=kind,
        reason=clean_block(reason, "reason", most=1000, required=True),
        owner_id=owner_id,
        review_on=review_on,
        placed_at=now,
        placed_by=actor,
    )
    session().add(hold)
    is_first, order.held_at = order.held_at is None, order.held_at or now
    order.version += 1
    session().flush()
    _record("order.held", order, hold, actor=actor, now=now, reason=hold.reason, review_on=review_on.isoformat())
    if is_first:
        announce(OrderHeld(actor=actor, now=now, order_id=order.id))
    return hold


def review_hold(hold_id: int, review_on: date, *, actor: str, now: datetime) -> OrderHold:
    """Somebody looked at it: it stands, and is looked at again on that day."""
    hold, order = _lock(hold_id)
    if review_on < business_today(now):
        raise ReviewInThePast(day=review_on, field="review_on")
    before, hold.review_on = hold.review_on, review_on
    changes = {"review_on": [before.isoformat(), review_on.isoformat()]}
    _record("order.hold_reviewed", order, hold, actor=actor, now=now, changes=changes)
    return hold


def release_hold(hold_id: int, reason: str, *, actor: str, now: datetime) -> OrderHold:
    """This hold stands no more; the last one lets work go on. Raises HoldReleased, TextMissing."""
    hold, order = _lock(hold_id)
    hold.release_reason = clean_block(reason, "reason", most=1000, required=True)
    _release(hold, actor=actor, now=now)
    session().flush()
    left = queries_holds.list_holds(order.id)
    order.held_at = min((other.placed_at for other in left), default=None)
    order.version += 1
    _record("order.freed", order, hold, actor=actor, now=now, reason=hold.release_reason)
    if not left:
        announce(OrderFreed(actor=actor, now=now, order_id=order.id))
    return hold


def drop_holds(order_id: int, *, actor: str, now: datetime) -> None:
    """A cancelled order has nothing to hold any more."""
    order = lock_order(order_id)
    for hold in queries_holds.list_holds(order_id):
        hold.release_reason = "The order was cancelled."
        _release(hold, actor=actor, now=now)
    order.held_at = None
    session().flush()


def check_credit(order_id: int, *, actor: str, now: datetime) -> OrderHold | None:
    """Holds the order when its customer's credit does not carry it; the next working day somebody has to decide."""
    order = lock_order(order_id)
    today = business_today(now)
    objections = find_objections(queries_holds.exposure_of(order.customer_id, today))
    if not objections or _stands(order_id, HoldKind.CREDIT):
        return None
    review_on = business_calendar(today.year).add_working_days(today, 1)
    return place_hold(order_id, HoldKind.CREDIT, " ".join(objections), review_on=review_on, actor=actor, now=now)


def _stands(order_id: int, kind: HoldKind) -> bool:
    return any(hold.kind is kind for hold in queries_holds.list_holds(order_id))


def _is_billed(order: Order) -> bool:
    return order.billed_net >= order.net_total


def _lock(hold_id: int) -> tuple[OrderHold, Order]:
    order = lock_order(queries_holds.get_hold(hold_id).order_id)
    hold = session().get_one(OrderHold, hold_id, populate_existing=True)
    if hold.released_at is not None:
        raise HoldReleased
    return hold, order


def _release(hold: OrderHold, *, actor: str, now: datetime) -> None:
    hold.released_at, hold.released_by = now, actor


def _record(action: str, order: Order, hold: OrderHold, *, actor: str, now: datetime, **detail: Any) -> None:
    record_order(action, order, actor=actor, now=now, kind=hold.kind.value, **detail)
