"""Counts what is still open of a month that is to be closed."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select

from app.db.base import session
from app.invoices.models import Invoice, InvoiceState
from app.invoices.queries_recurring import count_due
from app.invoices.queries_waiting import select_to_invoice
from app.orders.models import Order
from app.payments.models import Payment
from app.payments.queries import select_left


@dataclass(frozen=True)
class Unfinished:
    """What would have to be dated in the month, or left to a later one."""

    drafts: int
    orders: int
    payments: int
    periods: int


def count_unfinished(up_to: date, end: datetime) -> Unfinished:
    """Drafts made or delivered by that day, orders fulfilled and not invoiced, money received and not placed,
    and periods of recurring plans that should have been billed.

    `end` is the instant at which the day is over.
    """
    drafted = select(Invoice.id).where(
        Invoice.state == InvoiceState.DRAFT, (Invoice.created_at < end) | (Invoice.delivered_on <= up_to)
    )
    fulfilled = select_to_invoice().where(Order.fulfilled_on <= up_to).with_only_columns(Order.id)
    left = select_left().where(Payment.received_on <= up_to).subquery()
    unplaced = select(left.c.id).where(left.c.amount_left > 0)
    return Unfinished(_count(drafted), _count(fulfilled), _count(unplaced), count_due(up_to))


def _count(rows: Select[int]) -> int:
    return session().scalar(select(func.count()).select_from(rows.subquery())) or 0
