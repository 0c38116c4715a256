"""Takes over why no tax is charged, once an order says so, to what is drafted of it."""

from sqlalchemy import select

from app.db.base import session
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.invoices.queries_orders import lines_in, of_orders
from app.invoices.queries_parts import group_of
from app.orders.models import Order


def take_reasons(order_id: int) -> None:
    """Lines of drafts get the taxes of their order line, which differ in the reason alone."""
    order = session().get_one(Order, order_id)
    by_line = {line.id: line.taxes for line in order.lines}
    by_group = {group_of(line.taxes): line.taxes for line in reversed(order.lines)}
    drafts = select(Invoice).where(of_orders([order_id]), Invoice.state == InvoiceState.DRAFT)
    for draft in session().scalars(drafts.where(Invoice.kind == InvoiceKind.INVOICE)):
        for line in lines_in(draft, order_id):
            group = group_of(line.taxes)
            taxes = by_line.get(line.order_line_id or 0) or by_group.get(group)
            if taxes is not None and taxes != line.taxes and group_of(taxes) == group:
                line.taxes = taxes
                draft.version += 1
    session().flush()
