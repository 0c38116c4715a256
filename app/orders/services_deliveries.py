"""Records what was delivered of each line, takes it back, and keeps the dates of lines."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select

from app.company.queries import business_today
from app.db.base import session
from app.deals.queries import get_deal
from app.kernel.errors import RuleError
from app.kernel.quantities import canonical
from app.kernel.texts import clean_block, clean_line
from app.orders.models import Order, OrderLine, OrderState
from app.orders.models_deliveries import OrderDelivery
from app.orders.queries_deliveries import get_delivery
from app.orders.rules_amend import list_changes, terms_of
from app.orders.rules_deliver import DayAhead, DayBeforeDeal, NothingChosen, check_promise, check_quantity
from app.orders.services import OrderChanged, lock_order, record_order
from app.orders.services_holds import require_not_held


class OrderNotRunning(RuleError):
    """Order {number} is {state}. Only an order in progress can be changed or delivered."""


class DeliveryUndone(RuleError):
    """This delivery is taken back already."""


def record_delivery(
    order_id: int,
    quantities: Mapping[int, Decimal],
    *,
    on: date,
    note: str = "",
    version: int | None = None,
    actor: str,
    now: datetime,
) -> list[OrderDelivery]:
    """So much of each line, by its id. Raises OrderNotRunning, OrderOnHold, BadInput naming the field."""
    order = lock_running(order_id, version)
    require_not_held(order)
    if on > business_today(now):
        raise DayAhead(field="on", day=on)
    if on < (closed_on := get_deal(order.deal_id).closed_on):
        raise DayBeforeDeal(field="on", day=on, closed_on=closed_on)
    lines = choose_lines(order, quantities)
    text = clean_line(note, "note", most=500)
    made = [_deliver(line, quantities[line.id], on, note=text, actor=actor, now=now) for line in lines]
    order.version += 1
    session().flush()
    said = ", ".join(f"{canonical(quantities[line.id])} × {line.item}" for line in lines)
    record_order("order.delivered", order, actor=actor, now=now, what=said, delivered_on=on.isoformat(), note=text)
    return made


def undo_delivery(delivery_id: int, reason: str, *, actor: str, now: datetime) -> OrderDelivery:
    """It did not reach the customer after all. Raises DeliveryUndone, OrderNotRunning, TextMissing."""
    order = lock_running(get_delivery(delivery_id).order_id)
    delivery = session().get_one(OrderDelivery, delivery_id, populate_existing=True)
    if delivery.undone_at is not None:
        raise DeliveryUndone
    line = session().get_one(OrderLine, delivery.line_id)
    _undo(delivery, line, clean_block(reason, "reason", most=1000, required=True), actor=actor, now=now)
    order.version += 1
    said = f"{canonical(delivery.quantity)} × {line.item}"
    record_order("order.delivery_undone", order, actor=actor, now=now, what=said, reason=delivery.undo_reason)
    return delivery


def deliver_rest(order_id: int, *, actor: str, now: datetime) -> None:
    """Everything promised is done, so whatever was left is delivered on that day."""
    order = lock_order(order_id)
    for line in order.lines:
        if line.left > 0:
            _deliver(line, line.left, order.fulfilled_on or business_today(now), True, actor=actor, now=now)
    session().flush()


def take_back_rest(order_id: int, *, actor: str, now: datetime) -> None:
    """Not everything is done after all, so what was taken for delivered is not."""
    lines = {line.id: line for line in lock_order(order_id).lines}
    automatic = select(OrderDelivery).where(
        OrderDelivery.order_id == order_id, OrderDelivery.is_automatic, OrderDelivery.undone_at.is_(None)
    )
    for delivery in session().scalars(automatic).all():
        _undo(delivery, lines[delivery.line_id], "The order was taken back to work.", actor=actor, now=now)


def set_dates(
    order_id: int,
    days: Mapping[int, tuple[date | None, date | None]],
    *,
    version: int | None = None,
    actor: str,
    now: datetime,
) -> Order:
    """When each line is requested and promised, by its id. Raises OrderChanged, OrderNotRunning, PromisePast."""
    order = lock_running(order_id, version)
    changes: dict[str, list[str | None]] = {}
    for place, line in enumerate(order.lines):
        if line.id in days:
            before = terms_of(line)
            check_promise(line.promised_on, days[line.id][1], business_today(now), f"lines[{place}].promised_on")
            line.requested_on, line.promised_on = days[line.id]
            found = list_changes(before, terms_of(line))
            changes |= {f"{name} of {line.item}": values for name, values in found.items()}
    if changes:
        order.version += 1
        session().flush()
        record_order("order.dated", order, actor=actor, now=now, changes=changes)
    return order


def lock_running(order_id: int, version: int | None = None) -> Order:
    """The order, held until the transaction ends. Raises OrderChanged, OrderNotRunning."""
    order = lock_order(order_id)
    if version is not None and order.version != version:
        raise OrderChanged
    if order.state is not OrderState.IN_PROGRESS:
        raise OrderNotRunning(number=order.number, state=order.state.value.replace("_", " "))
    return order


def choose_lines(order: Order, quantities: Mapping[int, Decimal]) -> list[OrderLine]:
    """The lines with a quantity, which is not above what is left of them. Raises BadInput naming the field."""
    places = {line.id: place for place, line in enumerate(order.lines)}
    lines = [line for line in order.lines if line.id in quantities]
    if not lines:
        raise NothingChosen(field="lines")
    for line in lines:
        check_quantity(quantities[line.id], line.left, f"lines[{places[line.id]}].quantity")
    return lines


def _deliver(
    line: OrderLine,
    quantity: Decimal,
    on: date,
    is_automatic: bool = False,
    *,
    note: str = "",
    actor: str,
    now: datetime,
) -> OrderDelivery:
    delivery = OrderDelivery(
        order_id=line.order_id,
        line_id=line.id,
        quantity=quantity,
        delivered_on=on,
        note=note,
        is_automatic=is_automatic,
        recorded_at=now,
        recorded_by=actor,
    )
    session().add(delivery)
    line.fulfilled_quantity += quantity
    line.fulfilled_on = max(on, line.fulfilled_on or on)
    return delivery


def _undo(delivery: OrderDelivery, line: OrderLine, reason: str, *, actor: str, now: datetime) -> None:
    delivery.undone_at, delivery.undone_by, delivery.undo_reason = now, actor, reason
    session().flush()
    line.fulfilled_quantity -= delivery.quantity
    still = select(func.max(OrderDelivery.delivered_on))
    line.fulfilled_on = session().scalar(
        still.where(OrderDelivery.line_id == line.id, OrderDelivery.undone_at.is_(None))
    )
    session().flush()
