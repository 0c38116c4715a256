"""Reads holds, and what a customer's credit has to carry."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Select, case, func, select

from app.customers.queries import get_customer
from app.db.base import session
from app.deals.models import Deal
from app.kernel.errors import NotFound
from app.ledger.queries import read_balances
from app.orders.models import Order, OrderState
from app.orders.models_holds import OrderHold
from app.orders.rules import add_taxes, build_taxes, line_net
from app.orders.rules_credit import Exposure


class HoldUnknown(NotFound):
    """There is no such hold."""


def get_hold(hold_id: int) -> OrderHold:
    hold = session().get(OrderHold, hold_id)
    if hold is None:
        raise HoldUnknown
    return hold


def list_holds(order_id: int) -> list[OrderHold]:
    """The holds that stand, the oldest first."""
    return list_holds_of([order_id]).get(order_id, [])


def list_holds_of(order_ids: Sequence[int]) -> dict[int, list[OrderHold]]:
    """The holds that stand, by order."""
    standing = select(OrderHold).where(OrderHold.order_id.in_(set(order_ids)), OrderHold.released_at.is_(None))
    found: dict[int, list[OrderHold]] = {}
    for hold in session().scalars(standing.order_by(OrderHold.id)) if order_ids else ():
        found.setdefault(hold.order_id, []).append(hold)
    return found


def filter_due_reviews(today: date) -> Select[OrderHold]:
    """Holds somebody has to look at today."""
    return select(OrderHold).where(OrderHold.released_at.is_(None), OrderHold.review_on <= today)


def exposure_of(customer_id: int, today: date) -> Exposure:
    """What the customer owes and will owe at this moment."""
    customer = get_customer(customer_id)
    balances = read_balances(today, customer_id=customer_id)
    receivable: dict[str, int] = {}
    for item in balances.open_items:
        receivable[item.currency] = receivable.get(item.currency, 0) + item.open
    for account in balances.on_account:
        receivable[account.currency] = receivable.get(account.currency, 0) + account.amount
    unbilled = _unbilled_of(customer_id)
    ours = customer.currency
    busy = {currency for amounts in (receivable, unbilled) for currency, amount in amounts.items() if amount > 0}
    return Exposure(
        currency=ours,
        receivable=receivable.get(ours, 0),
        unbilled=unbilled.get(ours, 0),
        limit=customer.credit_limit,
        days_past_due=max(((today - item.due_on).days for item in balances.open_items if item.open > 0), default=0),
        allowed_days=customer.overdue_days,
        other_currencies=tuple(sorted(busy - {ours})),
    )


def exposure_with(deal: Deal, today: date) -> Exposure:
    """What the customer would owe with the order of this deal."""
    exposure = exposure_of(deal.customer_id, today)
    if deal.currency == exposure.currency:
        return replace(exposure, unbilled=exposure.unbilled + _gross_of_deal(deal))
    return replace(exposure, other_currencies=tuple(sorted({*exposure.other_currencies, deal.currency})))


def _gross_of_deal(deal: Deal) -> int:
    """What its order will be worth with tax."""
    return add_taxes(
        (
            line_net(line.quantity, line.unit_price, line.discount_percent, deal.currency),
            build_taxes(line.tax_rate, line.tax_category),
        )
        for line in deal.lines
    )


def _unbilled_of(customer_id: int) -> dict[str, int]:
    """Currency -> value with tax of orders that no invoice asks for yet."""
    # tax is rounded by each invoice, so parts may differ from the whole by a cent: what is billed net is billed
    left = case((Order.net_total != Order.billed_net, Order.gross_total - Order.billed_gross), else_=0)
    rows = session().execute(
        select(Order.currency, func.sum(left))
        .where(Order.customer_id == customer_id, Order.state != OrderState.CANCELLED)
        .group_by(Order.currency)
    )
    return {currency: int(amount) for currency, amount in rows}
