"""Opens, fulfils, reopens and cancels orders."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.audit.services import record
from app.company.queries import business_today
from app.company.queries_taxes import get_taxes
from app.company.services import next_number
from app.db.base import session
from app.db.events import announce
from app.deals.models import DealLine, DealState
from app.deals.queries import get_deal
from app.kernel.errors import Conflict, RuleError
from app.kernel.texts import clean_block
from app.orders.events import OrderCancelled, OrderCancelling, OrderFulfilled, OrderOpened, OrderReopening
from app.orders.lifecycle import LIFECYCLE
from app.orders.models import Order, OrderLine, OrderState
from app.orders.queries import OrderUnknown, find_order_of
from app.orders.rules import build_taxes, gross_of


class DealNotAccepted(RuleError):
    """The deal {external_id} is not accepted, so there is nothing to order yet."""


class OrderChanged(Conflict):
    """Somebody else changed this order in the meantime. Look at it, then decide again."""


def open_order(deal_id: int, *, actor: str, now: datetime) -> Order:
    """The order of an accepted deal, with the deal's lines and terms; called again it returns the same order."""
    if (known := find_order_of(deal_id)) is not None:
        return known
    deal = get_deal(deal_id)
    if deal.state is not DealState.ACCEPTED:
        raise DealNotAccepted(external_id=deal.external_id)
    today = business_today(now)
    number, _period, _sequence = next_number("order", today)
    lines = [_copy(line, today) for line in deal.lines]
    order = Order(
        number=number,
        deal_id=deal.id,
        customer_id=deal.customer_id,
        order_type=deal.deal_type,
        owner=deal.owner,
        currency=deal.currency,
        payment_terms=deal.payment_terms,
        po_number=deal.po_number,
        ordered_on=today,
        due_on=today,
        net_total=deal.net_total,
        gross_total=gross_of(lines, deal.currency),
        billed_net=0,
        billed_gross=0,
        state=OrderState.IN_PROGRESS,
        opened_at=now,
        version=1,
        lines=lines,
    )
    session().add(order)
    session().flush()
    record_order("order.opened", order, actor=actor, now=now, number=number)
    announce(OrderOpened(actor=actor, now=now, order_id=order.id))
    return order


def set_due_on(order_id: int, due_on: date) -> None:
    """The day the last required task is due, as the plan says."""
    lock_order(order_id).due_on = due_on


def mark_fulfilled(order_id: int, *, actor: str, now: datetime) -> Order:
    """Everything promised is done. Raises MoveRefused unless it is in progress."""
    order = lock_order(order_id)
    order.state = LIFECYCLE.move("fulfil", order.state)
    order.fulfilled_at, order.fulfilled_on = now, business_today(now)
    order.version += 1
    session().flush()
    record_order("order.fulfilled", order, actor=actor, now=now)
    announce(OrderFulfilled(actor=actor, now=now, order_id=order.id))
    return order


def reopen_order(order_id: int, *, actor: str, now: datetime) -> Order:
    """Back to work, because a required task was opened again. An answer to OrderReopening may refuse."""
    order = lock_order(order_id)
    state = LIFECYCLE.move("reopen", order.state)
    announce(OrderReopening(actor=actor, now=now, order_id=order.id))
    order.state, order.fulfilled_at, order.fulfilled_on = state, None, None
    order.version += 1
    record_order("order.reopened", order, actor=actor, now=now)
    return order


def cancel_order(order_id: int, reason: str, *, version: int | None = None, actor: str, now: datetime) -> Order:
    """Cancels an order that is not invoiced. Raises ReasonMissing, MoveRefused, and what an answer refuses with."""
    order = lock_order(order_id)
    if version is not None and order.version != version:
        raise OrderChanged
    state = LIFECYCLE.move("cancel", order.state, reason=reason)
    announce(OrderCancelling(actor=actor, now=now, order_id=order.id))
    order.state, order.cancelled_at, order.cancelled_on = state, now, business_today(now)
    order.cancel_reason = clean_block(reason, "reason", most=1000)
    order.version += 1
    session().flush()
    record_order("order.cancelled", order, actor=actor, now=now, reason=order.cancel_reason)
    announce(OrderCancelled(actor=actor, now=now, order_id=order.id, reason=order.cancel_reason))
    return order


def note_billed(order_id: int, net: int, gross: int) -> None:
    """An invoice over so much was issued for the order, in minor units; a credit note takes away."""
    order = lock_order(order_id)
    order.billed_net += net
    order.billed_gross += gross


def lock_order(order_id: int) -> Order:
    """The order's row, held until the transaction ends."""
    order = session().get(Order, order_id, with_for_update=True, populate_existing=True)
    if order is None:
        raise OrderUnknown
    return order


def _copy(line: DealLine, on: date) -> OrderLine:
    return OrderLine(
        position=line.position,
        item=line.item,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        discount_percent=line.discount_percent,
        cancelled_quantity=Decimal(0),
        fulfilled_quantity=Decimal(0),
        taxes=_taxes(line, on),
        tax_code=line.tax_code,
        requested_on=line.requested_on,
    )


def _taxes(line: DealLine, on: date) -> list[dict[str, Any]]:
    if line.tax_code:
        return get_taxes(line.tax_code, on)
    return build_taxes(line.tax_rate, line.tax_category, line.tax_reason)


def record_order(action: str, order: Order, *, actor: str, now: datetime, **detail: Any) -> None:
    record(
        action, actor=actor, now=now, object_kind="order", object_id=order.id, order_id=order.id,
        deal_id=order.deal_id, customer_id=order.customer_id, **detail,
    )  # fmt: skip
