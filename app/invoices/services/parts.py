"""Fits an invoice into its order: nothing beyond it, deposits deducted once, and the nets of all parts add up to it."""

from collections.abc import Collection, Sequence
from decimal import Decimal

from sqlalchemy import select

from app.company.queries import get_company
from app.db.base import session
from app.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState, Scope
from app.invoices.paper_writer import Writer, say
from app.invoices.queries import is_credited
from app.invoices.queries_orders import lines_in, of_orders
from app.invoices.queries_parts import (
    Billed,
    find_replacement,
    group_of,
    is_added_percent,
    order_groups,
    order_line_net,
    ordered_group,
    read_billed,
)
from app.invoices.texts_parts import part_texts_for
from app.kernel.errors import RuleError
from app.kernel.money import to_decimal
from app.orders.models import Order, OrderLine
from app.orders.rules import line_net


class DepositDrafted(RuleError):
    """A deposit for order {number} is drafted. Issue it or delete its draft first."""


def fit_into_orders(invoice: Invoice, orders: Sequence[Order], *, at_issue: bool = False) -> None:
    """Fits an invoice into each of its orders; over several it is whole, final or partial as the least of them."""
    scopes = []
    for order in orders:
        fit_into_order(invoice, order, at_issue=at_issue)
        scopes.append(invoice.scope)
    if len(scopes) > 1:
        invoice.scope = next((one for one in (Scope.PARTIAL, Scope.REST, Scope.FINAL) if one in scopes), Scope.WHOLE)
        _in_order_of(invoice, orders)


def fit_into_order(invoice: Invoice, order: Order, *, at_issue: bool = False) -> None:
    """Deducts open deposits and makes the nets agree with the order; says what part of it this is.

    A deposit is deducted as late as possible: from the invoice after which too little of the order is left to deduct
    it from, which is the last one at the latest. At issue only what is issued counts: other drafts
    follow. Called with the order locked.
    """
    if invoice.scope is Scope.DEPOSIT:
        return
    billed = read_billed(order, apart_from=invoice.id, issued_only=at_issue)
    if billed.drafted_deposits:
        raise DepositDrafted(number=order.number)
    if not all(is_added_percent(line.taxes) for line in order.lines):
        return
    _drop_deductions(invoice, order)
    ordered = {line.id: line for line in order.lines}
    _take_whole_nets(invoice, ordered, billed)
    taken = {line.order_line_id: line.quantity for line in lines_in(invoice, order.id)}
    left = {line.id: line.standing - billed.quantities[line.id] - taken.get(line.id, 0) for line in order.lines}
    _deduct(invoice, order, billed, left)
    _close_groups(invoice, order, billed, left)
    is_last, is_first = all(rest <= 0 for rest in left.values()), not any(billed.groups.values())
    invoice.scope = (Scope.WHOLE if is_first else _last_scope(invoice, order)) if is_last else Scope.PARTIAL


def _last_scope(invoice: Invoice, order: Order) -> Scope:
    """An order has one final invoice: what a correction left over is another, unless it takes the final one's place."""
    last = Invoice.scope.in_((Scope.FINAL, Scope.REST))
    chosen = select(Invoice).where(of_orders([order.id]), last, Invoice.state == InvoiceState.ISSUED)
    finals = {one.id: one for one in session().scalars(chosen.where(Invoice.kind == InvoiceKind.INVOICE))}
    others = [one for one in finals.values() if one.id not in (invoice.id, invoice.replaces_id)]
    return Scope.REST if any(_stands(one, {invoice.id, *finals}) for one in others) else Scope.FINAL


def _stands(final: Invoice, finals: Collection[int]) -> bool:
    """Whether the customer still has it as the final one: it is not credited, or less came in its place."""
    replacement = find_replacement(final.id)
    return replacement.id not in finals if replacement is not None else not is_credited(final)


def net_of(line: InvoiceLine, currency: str) -> int:
    """What the line says without allowance and charge, in minor units."""
    price = line.unit_price / (line.base_quantity or Decimal(1))
    return line_net(line.quantity, price, line.discount_percent or Decimal(0), currency)


def move_net(line: InvoiceLine, net: int, currency: str) -> None:
    """Makes the line come to this net, by an allowance or a charge of the difference."""
    off = net - net_of(line, currency)
    line.charge, line.allowance = max(off, 0), max(-off, 0)
    line.net = net


def _drop_deductions(invoice: Invoice, order: Order) -> None:
    dropped = {line.id for line in lines_in(invoice, order.id) if line.deposit_id is not None}
    invoice.lines = [line for line in invoice.lines if line.deposit_id is None or line.id not in dropped]
    session().flush()


def _in_order_of(invoice: Invoice, orders: Sequence[Order]) -> None:
    """Each order's lines stand together, what is deducted of it last."""
    places = {order.id: place for place, order in enumerate(orders)}
    lines = sorted(invoice.lines, key=lambda line: (places.get(line.order_id or 0, 0), line.position))
    if [line.position for line in lines] != list(range(1, len(lines) + 1)):
        for shift in (len(lines) + max(line.position for line in lines), 0):  # positions are unique at every moment
            for position, line in enumerate(lines, 1):
                line.position = shift + position
            session().flush()
    invoice.lines.sort(key=lambda line: line.position)  # as they are read again: what is issued is what was checked


def _take_whole_nets(invoice: Invoice, ordered: dict[int, OrderLine], billed: Billed) -> None:
    """The last of an order line comes to what is left of its net."""
    for line in invoice.lines:
        whole = ordered.get(line.order_line_id or 0)
        if whole is None:
            continue
        is_last = line.quantity == whole.standing - billed.quantities[whole.id]
        rest = order_line_net(whole, invoice.currency) - billed.nets[whole.id]
        move_net(line, rest if is_last else net_of(line, invoice.currency), invoice.currency)


def _deduct(invoice: Invoice, order: Order, billed: Billed, left: dict[int, Decimal]) -> None:
    """Takes off what of the deposits the rest of the order cannot carry."""
    for group in order_groups(order):
        here = sum(line.net for line in _lines_of(invoice, order, group))
        if not here:
            continue
        ordered = [line for line in order.lines if group_of(line.taxes) == group]
        later = sum(order_line_net(line, order.currency) - billed.nets[line.id] for line in ordered) - here
        if all(left[line.id] <= 0 for line in ordered):
            later = 0
        excess = billed.open_deposits(group) - later
        for (deposit_id, taxes), net in billed.deposits.items():
            if taxes == group and excess > 0 and net > 0:
                _add_deduction(invoice, order, deposit_id, group, min(net, excess))
                excess -= min(net, excess)


def _add_deduction(invoice: Invoice, order: Order, deposit_id: int, group: str, net: int) -> None:
    deposit = session().get_one(Invoice, deposit_id)
    assert deposit.issued_on is not None  # noqa: S101 - only issued deposits are open
    taken = next(line for line in deposit.lines if ordered_group(line, order) == group)
    day = Writer(invoice.language, invoice.currency, get_company().country).day(deposit.issued_on.isoformat())
    invoice.lines.append(
        InvoiceLine(
            position=max((line.position for line in invoice.lines), default=0) + 1,
            order_id=order.id if invoice.order_id is None else None,
            deposit_id=deposit_id,
            description=say(part_texts_for(invoice.language).deducted, number=deposit.number or "", day=day),
            quantity=Decimal(-1),
            base_quantity=Decimal(1),
            unit_price=to_decimal(net, invoice.currency),
            discount_percent=Decimal(0),
            allowance=0,
            charge=0,
            taxes=taken.taxes,
            tax_code=taken.tax_code,
            net=-net,
        )
    )


def _close_groups(invoice: Invoice, order: Order, billed: Billed, left: dict[int, Decimal]) -> None:
    """The last part of a set of taxes comes to what is left of its net; until then a line is quantity x price."""
    for group, net in order_groups(order).items():
        here = _lines_of(invoice, order, group)
        is_last = all(left[line.id] <= 0 for line in order.lines if group_of(line.taxes) == group)
        off = net - billed.groups[group] - sum(line.net for line in here)
        lines = [line for line in here if line.deposit_id is None]
        if is_last and off and lines:
            move_net(lines[-1], lines[-1].net + off, invoice.currency)


def _lines_of(invoice: Invoice, order: Order, group: str) -> list[InvoiceLine]:
    return [line for line in lines_in(invoice, order.id) if ordered_group(line, order) == group]
