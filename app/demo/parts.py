"""What of the demo's business is billed otherwise than order by order: deposits, parts, several at once, recurring."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from app.company.queries import business_today
from app.customers.models import Customer
from app.db.base import session
from app.invoices import services as invoices
from app.invoices.models import Invoice, InvoiceKind, InvoiceState, Scope
from app.invoices.models_recurring import RecurringPeriod
from app.invoices.queries_parts import read_creditable
from app.invoices.rules_reasons import CreditReason
from app.orders.models import Order, OrderState
from app.orders.rules import build_taxes

MOST_RUNNING = 20
MOST_LOOKED_AT = 200
# what is billed again and again, its price, since how many months, every how many months
PLANS = (("Maintenance contract", Decimal(480), 3, 1), ("Hosting of the portal", Decimal(1290), 1, 3))


def bill_in_parts(people: Mapping[str, str], now: datetime) -> None:
    """A deposit for the oldest running order with tax and no hold, and credits of parts of the two newest invoices."""
    actor, today = people["finance"], business_today(now)
    running = select(Order).where(
        Order.state == OrderState.IN_PROGRESS, Order.held_at.is_(None), Order.billed_net == 0, Order.net_total > 0
    )
    # a deposit on an intra-Community supply would need the day of a delivery that has not been yet
    taxed = [order for order in session().scalars(running.order_by(Order.id).limit(MOST_RUNNING)) if _is_taxed(order)]
    for order in taxed[:1]:
        deposit = invoices.draft_deposit(order.id, percent=Decimal(30), actor=actor, now=now)
        invoices.issue_invoice(deposit.id, today, actor=actor, now=now)
    credited = select(Invoice.original_id).where(Invoice.original_id.is_not(None))
    whole = select(Invoice).where(
        Invoice.state == InvoiceState.ISSUED, Invoice.kind == InvoiceKind.INVOICE, Invoice.scope == Scope.WHOLE,
        Invoice.origin == "own", Invoice.id.not_in(credited), Invoice.net_total > 0,
    )  # fmt: skip
    for invoice, scope in zip(
        session().scalars(whole.order_by(Invoice.id.desc()).limit(2)), (Scope.LINES, Scope.AMOUNT), strict=False
    ):
        note = invoices.draft_credit(invoice.id, _credit(invoice, scope), actor=actor, now=now)
        invoices.issue_credit(note.id, today, actor=actor, now=now)


def bill_again_and_again(people: Mapping[str, str], now: datetime) -> None:
    """One invoice over two orders, as their customer asked, and two plans: maintenance since summer, hosting."""
    actor, today = people["finance"], business_today(now)
    if pair := _alike():
        for invoice in pair:
            invoices.credit_invoice(
                invoice.id, "One invoice for both orders, as you asked", issued_on=today, actor=actor, now=now
            )
        orders = [invoice.order_id for invoice in pair if invoice.order_id]
        draft = invoices.draft_consolidated(orders, actor=actor, now=now)
        invoices.issue_invoice(draft.id, today, actor=actor, now=now)
    taxed = select(Customer).where(Customer.country == "DE", Customer.is_active).order_by(Customer.id).limit(2)
    for customer, (title, price, months_ago, every) in zip(session().scalars(taxed), PLANS, strict=False):
        begins = (today.replace(day=1) - timedelta(days=31 * months_ago)).replace(day=1)
        line = invoices.PlanLine(
            description=title, quantity=Decimal(1), unit="pcs", unit_price=price, taxes=build_taxes(Decimal(19), "S")
        )
        data = invoices.PlanData(
            customer_id=customer.id, title=f"{title}, {customer.name}", currency="EUR", every=every, starts_on=begins,
            index_percent=Decimal("2.5"), payment_terms="30 days", lines=(line,),
        )  # fmt: skip
        invoices.make_plan(data, actor=actor, now=now)
    invoices.propose_periods(today, now=now)
    first = session().scalars(select(RecurringPeriod.id).order_by(RecurringPeriod.id).limit(1)).first()
    if first is not None:
        draft = invoices.draft_period(first, actor=actor, now=now)
        invoices.issue_invoice(draft.id, today, actor=actor, now=now)


def _alike() -> list[Invoice]:
    """The two newest whole invoices of one customer whose orders go on one invoice."""
    credited = select(Invoice.original_id).where(Invoice.original_id.is_not(None))
    whole = (
        select(Invoice, Order)
        .join(Order, Order.id == Invoice.order_id)
        .where(
            Invoice.state == InvoiceState.ISSUED, Invoice.kind == InvoiceKind.INVOICE, Invoice.scope == Scope.WHOLE,
            Invoice.origin == "own", Invoice.id.not_in(credited), Invoice.net_total > 0, Order.held_at.is_(None),
        )
    )  # fmt: skip
    known: dict[tuple[int, str, str], Invoice] = {}
    for invoice, order in session().execute(whole.order_by(Invoice.id.desc()).limit(MOST_LOOKED_AT)):
        key = (order.customer_id, order.currency, order.payment_terms)
        if not _is_taxed(order) or order.state is not OrderState.FULFILLED:
            continue
        if key in known:
            return [known[key], invoice]
        known[key] = invoice
    return []


def _is_taxed(order: Order) -> bool:
    return all(tax["category"] == "S" for line in order.lines for tax in line.taxes)


def _credit(invoice: Invoice, scope: Scope) -> invoices.CreditData:
    if scope is Scope.LINES:
        line = invoice.lines[0]
        quantities = {line.id: min(line.quantity, Decimal(1))}
        return invoices.CreditData(scope=scope, reason_code=CreditReason.RETURNED, quantities=quantities)
    group, net = next(iter(read_creditable(invoice).groups.items()))
    return invoices.CreditData(scope=scope, reason_code=CreditReason.GOODWILL, amounts={group: net // 10})
