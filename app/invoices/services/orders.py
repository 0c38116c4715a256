"""Says no to changes of an order that its invoices would contradict."""

from app.invoices import queries
from app.kernel.errors import RuleError


class OrderInvoiced(RuleError):
    """This order is invoiced: {invoices}. Delete the draft or credit the invoice first."""


def require_not_invoiced(order_id: int) -> None:
    """Raises OrderInvoiced while a draft, or an issued invoice that is not credited, stands for the order."""
    if names := queries.names_of_order(order_id):
        raise OrderInvoiced(invoices=", ".join(names))
