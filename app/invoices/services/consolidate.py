"""Drafts one invoice over several orders of a customer: all that is left of each, under its own heading."""

from collections.abc import Callable, Sequence
from datetime import datetime

from app.company.queries import business_today, get_company
from app.customers.models import Customer
from app.db.base import session
from app.invoices import queries
from app.invoices.models import Invoice, InvoiceLine
from app.invoices.queries_orders import day_delivered
from app.invoices.services.drafts import begin_draft, finish_draft, line_of, require_billable, require_left
from app.invoices.services.locks import lock_orders
from app.invoices.services.parts import fit_into_orders
from app.invoices.services.rates_of_day import give_rates
from app.kernel.errors import BadInput
from app.orders.models import Order
from app.orders.services_holds import require_not_held


class OneOrderOnly(BadInput):
    """Choose at least two orders for one invoice."""


class TooManyOrders(BadInput):
    """One invoice can be over {most} orders at the most. Choose fewer."""


class OrdersDiffer(BadInput):
    """{first} and {second} do not go on one invoice: {what} ({one}, {other})."""


MOST_ORDERS = 100


def draft_consolidated(order_ids: Sequence[int], *, actor: str, now: datetime) -> Invoice:
    """A draft of everything of these fulfilled orders that is not invoiced yet; their deposits are deducted.

    Raises OneOrderOnly, TooManyOrders, OrdersDiffer, and what `draft_invoice` raises of each order.
    """
    chosen = sorted(set(order_ids))
    if len(chosen) < 2:
        raise OneOrderOnly(field="ids")
    if len(chosen) > MOST_ORDERS:
        raise TooManyOrders(field="ids", most=MOST_ORDERS)
    orders, customer = lock_orders(chosen)
    _require_alike(orders, customer)
    for order in orders:
        require_billable(order, False)
        require_not_held(order)
    invoice = _begin(orders, customer, actor=actor, now=now)
    invoice.lines = _lines(orders)
    give_rates(invoice, business_today(now))
    session().add(invoice)
    session().flush()
    fit_into_orders(invoice, orders)
    return finish_draft(invoice, None, actor=actor, now=now, orders=", ".join(order.number for order in orders))


def _require_alike(orders: Sequence[Order], customer: Customer) -> None:
    usual = customer.payment_terms or get_company().payment_terms
    names: tuple[tuple[str, Callable[[Order], str]], ...] = (
        ("the currency differs", lambda order: order.currency),
        ("the payment terms differ", lambda order: order.payment_terms or usual),
    )
    first = orders[0]
    for second in orders[1:]:
        for what, read in names:
            if read(first) != read(second):
                raise OrdersDiffer(
                    field="ids", first=first.number, second=second.number, what=what, one=read(first),
                    other=read(second),
                )  # fmt: skip


def _begin(orders: Sequence[Order], customer: Customer, *, actor: str, now: datetime) -> Invoice:
    """One day of delivery stands as such; several make the period it is for."""
    days = [day for order in orders if (day := day_delivered(order))]
    invoice = begin_draft(orders[0], customer, None, actor=actor, now=now)
    invoice.order_id = None
    if days and min(days) != max(days):
        invoice.delivered_on, invoice.service_from, invoice.service_until = None, min(days), max(days)
    if len({order.po_number for order in orders}) > 1:
        invoice.po_number = ""
    return invoice


def _lines(orders: Sequence[Order]) -> list[InvoiceLine]:
    lines: list[InvoiceLine] = []
    for order in orders:
        remaining = require_left(order, queries.remaining_quantities(order))
        for line in order.lines:
            if remaining[line.id]:
                made = line_of(len(lines) + 1, line, remaining[line.id])
                made.order_id = order.id
                lines.append(made)
    return lines
