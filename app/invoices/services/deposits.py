"""Drafts deposits: a share of an order asked for ahead, which the invoices that follow deduct."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from app.company.queries import business_today
from app.invoices.models import Invoice, InvoiceLine, Scope
from app.invoices.paper_writer import say
from app.invoices.queries_parts import group_of, is_added_percent, order_groups, read_billed
from app.invoices.rules_parts import share_of
from app.invoices.services.choose import require_percent
from app.invoices.services.drafts import begin_draft, finish_draft, require_billable
from app.invoices.services.locks import lock_order_of_customer
from app.invoices.services.rates_of_day import give_rates
from app.invoices.texts_parts import part_texts_for
from app.kernel.errors import BadInput, RuleError
from app.kernel.money import Money, apportion, to_decimal
from app.orders.models import Order
from app.orders.services_holds import require_not_held


class DepositTooLarge(BadInput):
    """Only {left} without tax of this order are not invoiced yet. Ask for less."""


class DepositWrong(BadInput):
    """Write either a percentage or an amount above 0."""


class NoDeposit(RuleError):
    """Order {number} has prices that contain tax, so a deposit cannot be split by tax. Invoice quantities instead."""


def draft_deposit(
    order_id: int, *, percent: Decimal | None = None, amount: int | None = None, actor: str, now: datetime
) -> Invoice:
    """A draft over that share of the order, or over `amount` minor units without tax, split as the order's taxes are.

    Raises OrderUnknown, OrderIsCancelled, OrderOnHold, DepositWrong, DepositTooLarge, NoDeposit.
    """
    order, customer = lock_order_of_customer(order_id)
    require_billable(order, True)
    require_not_held(order)
    nets = _split(order, percent, amount)
    invoice = begin_draft(order, customer, None, actor=actor, now=now)
    invoice.delivered_on, invoice.scope = None, Scope.DEPOSIT
    billed = read_billed(order)
    groups = order_groups(order)
    left = {group: net - billed.groups[group] for group, net in groups.items()}
    if any(nets[group] > left[group] for group in groups):
        whole = Money(max(sum(left.values()), 0), order.currency)
        field = "percent" if amount is None else "amount"
        raise DepositTooLarge(field=field, left=whole)
    invoice.lines = _lines(invoice, order, nets)
    give_rates(invoice, business_today(now))
    return finish_draft(invoice, order, actor=actor, now=now)


def _split(order: Order, percent: Decimal | None, amount: int | None) -> dict[str, int]:
    if (percent is None) == (amount is None):
        raise DepositWrong(field="percent")
    if not all(is_added_percent(line.taxes) for line in order.lines):
        raise NoDeposit(number=order.number)
    groups = order_groups(order)
    if percent is not None:
        part = Fraction(require_percent(percent)) / 100
        return {group: share_of(net, part) for group, net in groups.items()}
    if amount is None or amount <= 0 or not sum(groups.values()):
        raise DepositWrong(field="amount")
    return dict(zip(groups, apportion(amount, list(groups.values())), strict=True))


def _lines(invoice: Invoice, order: Order, nets: dict[str, int]) -> list[InvoiceLine]:
    text = say(part_texts_for(invoice.language).deposit_line, order=order.number)
    taxed = {group_of(line.taxes): line for line in order.lines}
    return [
        InvoiceLine(
            position=position,
            description=text,
            quantity=Decimal(1),
            unit_price=to_decimal(net, invoice.currency),
            taxes=taxed[group].taxes,
            tax_code=taxed[group].tax_code,
        )
        for position, (group, net) in enumerate(((group, net) for group, net in nets.items() if net), 1)
    ]
