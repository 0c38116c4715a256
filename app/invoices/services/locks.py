"""Locks what an invoice is about, always in the same order: customer, order, invoice."""

from app.customers.models import Customer
from app.customers.services import lock_customer
from app.db.base import session
from app.invoices.models import Invoice
from app.invoices.queries import InvoiceUnknown, get_invoice
from app.kernel.errors import NotFound
from app.orders.models import Order


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


def lock_invoice(invoice_id: int) -> tuple[Invoice, Order | None, Customer]:
    """The invoice with its order and customer, held until the transaction ends. Raises InvoiceUnknown."""
    seen = get_invoice(invoice_id)
    order: Order | None = None
    if seen.order_id is not None:
        order, customer = lock_order_of_customer(seen.order_id)
    else:
        customer = lock_customer(seen.customer_id)
    invoice = session().get(Invoice, invoice_id, with_for_update=True, populate_existing=True)
    if invoice is None:
        raise InvoiceUnknown
    return invoice, order, customer
