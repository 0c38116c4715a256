"""Says no to changes of an order that its invoices would contradict."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from app.invoices import queries, queries_parts
from app.kernel.errors import RuleError
from app.kernel.money import Money
from app.kernel.quantities import canonical
from app.orders.queries import get_order
from app.orders.rules import line_net


class OrderInvoiced(RuleError):
    """This order is invoiced: {invoices}. Delete the draft or credit the invoice first."""


class BelowInvoiced(RuleError):
    """Line {position}: {billed} of {item} are on {invoices}. Delete the draft or credit the invoice first."""


class BelowDeposits(RuleError):
    """The order would come to {net}, less than its deposits: {deposits} on {invoices}. Credit them first."""


class PriceInvoiced(RuleError):
    """Line {position}: {item} is on {invoices} at the present price. Delete the draft or credit the invoice first."""


def require_not_below_invoiced(
    order_id: int, quantities: Mapping[int, Decimal], *, repriced: Collection[int] = ()
) -> None:
    """Raises BelowInvoiced and PriceInvoiced where drafts and invoices, less credit notes, say something else."""
    billed = queries.billed_quantities([*quantities, *repriced])
    for line in get_order(order_id).lines:
        taken = billed.get(line.id, Decimal(0))
        names = ", ".join(queries.names_of_order(order_id))
        if taken > quantities.get(line.id, taken):
            raise BelowInvoiced(position=line.position, billed=canonical(taken), item=line.item, invoices=names)
        if line.id in repriced and taken > 0:
            raise PriceInvoiced(position=line.position, item=line.item, invoices=names)
    _require_not_below_deposits(order_id, quantities)


def _require_not_below_deposits(order_id: int, quantities: Mapping[int, Decimal]) -> None:
    """At today's prices, with what is left of each line: an order is to carry the deposits asked for."""
    order = get_order(order_id)
    billed = queries_parts.read_billed(order)
    deposits = sum(billed.deposits.values()) + sum(one.net_total for one in billed.drafted_deposits)
    left = (
        line_net(quantities.get(line.id, line.standing), line.unit_price, line.discount_percent, order.currency)
        - billed.nets[line.id]
        for line in order.lines
    )
    net = sum(left)
    if deposits > 0 and deposits > net:
        raise BelowDeposits(
            net=Money(net, order.currency),
            deposits=Money(deposits, order.currency),
            invoices=", ".join(queries.names_of_order(order_id)),
        )


def require_not_invoiced(order_id: int) -> None:
    """Raises OrderInvoiced while a draft, or an issued invoice that is not credited, stands for the order."""
    if names := queries.names_of_order(order_id):
        raise OrderInvoiced(invoices=", ".join(names))
