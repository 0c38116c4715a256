"""Locks what an invoice is about, always in the same order: customer, order, invoice."""

from collections.abc import Iterable, Sequence

from app.customers.models import Customer
from app.customers.services import lock_customer
from app.db.base import session
from app.invoices.models import Invoice
from app.invoices.queries import InvoiceUnknown, get_invoice
from app.invoices.queries_orders import order_ids_of
from app.kernel.errors import BadInput, NotFound
from app.orders.models import Order


class SeveralCustomers(BadInput):
    """{first} and {second} are of different customers. Choose orders of one."""


class OrderUnknown(NotFound):
    """There is no such order."""


def lock_order_of_customer(order_id: int) -> tuple[Order, Customer]:
    """The order and its customer, held until the transaction ends."""
    seen = session().get(Order, order_id)
    if seen is None:
        raise OrderUnknown
    customer = lock_customer(seen.customer_id)
    order = session().get(Order, order_id, with_for_update=True, populate_existing=True)
    assert order is not None  # noqa: S101 - orders are never deleted
    return order, customer


def lock_orders(order_ids: Sequence[int]) -> tuple[list[Order], Customer]:
    """These orders, by id, and their one customer, held until the transaction ends. Raises SeveralCustomers."""
    seen = [session().get(Order, order_id) for order_id in sorted(order_ids)]
    known = [order for order in seen if order is not None]
    if not known or len(known) != len(seen):
        raise OrderUnknown
    other = next((order for order in known if order.customer_id != known[0].customer_id), None)
    if other is not None:
        raise SeveralCustomers(field="ids", first=known[0].number, second=other.number)
    customer = lock_customer(known[0].customer_id)
    return _hold(order.id for order in known), customer


def _hold(order_ids: Iterable[int]) -> list[Order]:
    return [session().get_one(Order, order_id, with_for_update=True, populate_existing=True) for order_id in order_ids]


def lock_invoice(invoice_id: int) -> tuple[Invoice, Order | None, Customer]:
    """The invoice with its order and customer, held until the transaction ends. Raises InvoiceUnknown.

    The orders of one over several are held too; `queries_orders.orders_of` gives them.
    """
    seen = get_invoice(invoice_id)
    order: Order | None = None
    if seen.order_id is not None:
        order, customer = lock_order_of_customer(seen.order_id)
    else:
        customer = lock_customer(seen.customer_id)
        _hold(order_ids_of(seen))
    invoice = session().get(Invoice, invoice_id, with_for_update=True, populate_existing=True)
    if invoice is None:
        raise InvoiceUnknown
    return invoice, order, customer
