"""Reads the receivables side of a business date, per currency, under both clocks."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, case, func, select

from app.customers.models import Customer
from app.db.base import session
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.kernel.money import to_decimal
from app.ledger import queries as ledger
from app.ledger.queries import OpenItem
from app.ledger.rules import NOT_DUE, Aging, days_past_due
from app.payments.models import Payment, PaymentReversal
from app.payments.rules_settling import PaymentKind
from app.reports.rules import SALES_DAYS, Position


@dataclass(frozen=True)
class MoneyFigures:
    """What the report says about one currency; minor units."""

    aging: Aging
    position: Position
    invoiced_today: int
    invoiced_mtd: int
    collected_today: int
    collected_mtd: int


def money_figures(on: date, known_at: datetime) -> dict[str, MoneyFigures]:
    """Per currency that owes, was billed or paid anything in the month or in the days of sales before `on`."""
    month_start = on.replace(day=1)
    aging = aging_by_currency(on, known_at)
    before = aging_by_currency(month_start - timedelta(days=1), known_at)
    sales_90 = net_sales(on - timedelta(days=SALES_DAYS - 1), on, known_at)
    sales_mtd = net_sales(month_start, on, known_at)
    sales_today = net_sales(on, on, known_at)
    collected = collected_between(month_start, on, known_at)
    collected_today = collected_between(on, on, known_at)
    currencies = {*aging, *before, *sales_90, *collected}
    return {
        currency: MoneyFigures(
            aging=aging.get(currency, Aging()),
            position=Position(
                open_total=aging.get(currency, Aging()).total,
                not_due=aging.get(currency, Aging()).buckets[NOT_DUE],
                open_at_month_start=before.get(currency, Aging()).total,
                sales_90=sales_90.get(currency, 0),
                sales_mtd=sales_mtd.get(currency, 0),
            ),
            invoiced_today=sales_today.get(currency, 0),
            invoiced_mtd=sales_mtd.get(currency, 0),
            collected_today=collected_today.get(currency, 0),
            collected_mtd=collected.get(currency, 0),
        )
        for currency in sorted(currencies)
    }


def aging_by_currency(on: date, known_at: datetime) -> dict[str, Aging]:
    """Open items in their buckets, and what is on account, per currency."""
    aging: dict[str, Aging] = defaultdict(Aging)
    for item in ledger.list_open_items(on, known_at):
        aging[item.currency].add_open(days_past_due(item.due_on, on), item.open)
    for (_customer_id, currency), amount in ledger.on_account(on, known_at).items():
        aging[currency].add_on_account(amount)
    return dict(aging)


def net_sales(first: date, last: date, known_at: datetime) -> dict[str, int]:
    """Gross invoiced less credit notes of these days, both inclusive."""
    signed = case((Invoice.kind == InvoiceKind.CREDIT_NOTE, -Invoice.gross_total), else_=Invoice.gross_total)
    rows = session().execute(
        select(Invoice.currency, func.sum(signed))
        .where(
            Invoice.state == InvoiceState.ISSUED,
            Invoice.issued_on.between(first, last),
            Invoice.issued_at <= known_at,
        )
        .group_by(Invoice.currency)
    )
    return {currency: int(total) for currency, total in rows}


def collected_between(first: date, last: date, known_at: datetime) -> dict[str, int]:
    """Payments received less payments reversed on these days, both inclusive."""
    collected: dict[str, int] = defaultdict(int)
    for day, recorded_at, sign in (
        (Payment.received_on, Payment.recorded_at, 1),
        (PaymentReversal.reversed_on, PaymentReversal.recorded_at, -1),
    ):
        for currency, total in _sum_payments(day.between(first, last), recorded_at <= known_at, reversals=sign < 0):
            collected[currency] += sign * total
    return dict(collected)


def _sum_payments(*conditions: ColumnElement[bool], reversals: bool) -> list[tuple[str, int]]:
    came_in = Payment.kind == PaymentKind.MONEY
    statement = (
        select(Payment.currency, func.sum(Payment.amount)).where(came_in, *conditions).group_by(Payment.currency)
    )
    if reversals:
        statement = statement.join(PaymentReversal, PaymentReversal.payment_id == Payment.id)
    return [(currency, int(total)) for currency, total in session().execute(statement)]


@dataclass(frozen=True)
class OverdueCustomer:
    """What one customer is past due with in one currency; `amount` in minor units."""

    customer_id: int
    customer: str
    currency: str
    amount: int
    oldest_days: int
    items: int


def list_top_overdue(on: date, known_at: datetime, most: int = 10) -> list[OverdueCustomer]:
    """The customers with the oldest and largest debts: amount in major units times its days, largest first."""
    owed: dict[tuple[int, str], list[OpenItem]] = defaultdict(list)
    for item in ledger.list_open_items(on, known_at):
        if days_past_due(item.due_on, on) > 0 and item.open > 0:
            owed[item.customer_id, item.currency].append(item)
    heaviest = sorted(owed, key=lambda key: (-_weight(on, owed[key]), key))[:most]
    names = _customer_names(customer_id for customer_id, _ in heaviest)
    return [
        OverdueCustomer(
            customer_id=customer_id,
            customer=names[customer_id],
            currency=currency,
            amount=sum(item.open for item in owed[customer_id, currency]),
            oldest_days=max(days_past_due(item.due_on, on) for item in owed[customer_id, currency]),
            items=len(owed[customer_id, currency]),
        )
        for customer_id, currency in heaviest
    ]


def _weight(on: date, items: Iterable[OpenItem]) -> Decimal:
    return sum((to_decimal(item.open, item.currency) * days_past_due(item.due_on, on) for item in items), Decimal(0))


def _customer_names(customer_ids: Iterable[int]) -> dict[int, str]:
    rows = session().execute(select(Customer.id, Customer.name).where(Customer.id.in_(list(customer_ids))))
    return {row.id: row.name for row in rows}
