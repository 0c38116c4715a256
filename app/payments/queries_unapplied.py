"""Reads payments of which something is left, and since when it lies there, whatever the number of payments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select

from app.customers.queries import names_of
from app.db.base import session
from app.ledger import queries as ledger
from app.ledger.rules import Change
from app.payments import queries
from app.payments.models import Allocation, Payment
from app.payments.models_settling import PaymentOutflow
from app.payments.queries import PaymentState
from app.payments.rules_unapplied import lies_since

MOST_CUSTOMERS = 900
LEFT = (PaymentState.UNAPPLIED, PaymentState.PARTLY_APPLIED)


@dataclass(frozen=True, slots=True)
class Unapplied:
    """What is left of a payment, in minor units, and for how many days by today."""

    payment: Payment
    customer: str
    left: int
    since: date
    days: int


def select_unapplied() -> Select[Payment]:
    """The payments with money left. Only customers who have money with us in the ledger can have one.

    So the many payments of everybody else are never looked at.
    """
    chosen = queries.filter_payments(states=LEFT)
    customers = {customer_id for (customer_id, _), amount in ledger.on_account(date.max).items() if amount < 0}
    return chosen.where(Payment.customer_id.in_(customers)) if len(customers) <= MOST_CUSTOMERS else chosen


def sum_on_account(today: date) -> dict[str, int]:
    """Currency -> money on account of all customers, from the ledger."""
    totals: dict[str, int] = {}
    for (_customer, currency), amount in ledger.on_account(today).items():
        totals[currency] = totals.get(currency, 0) - amount
    return {currency: amount for currency, amount in sorted(totals.items()) if amount}


def read_unapplied(payments: Sequence[Payment], today: date) -> dict[int, Unapplied]:
    """Payment id -> what a list shows of it; a constant number of statements for a page."""
    ids = [payment.id for payment in payments]
    left, names = queries.amounts_left(ids), names_of([payment.customer_id for payment in payments])
    changes: dict[int, list[Change]] = {payment.id: [(payment.received_on, payment.amount)] for payment in payments}
    for taken in (Allocation, PaymentOutflow):
        columns = select(taken.payment_id, taken.effective_on, taken.amount).where(taken.payment_id.in_(ids))
        for payment_id, on, amount in session().execute(columns):
            changes[payment_id].append((on, -amount))
    found = {}
    for payment in payments:
        since = lies_since(changes[payment.id]) or payment.received_on
        found[payment.id] = Unapplied(
            payment, names[payment.customer_id], left.get(payment.id, 0), since, max((today - since).days, 0)
        )
    return found
