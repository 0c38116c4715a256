"""Reads a customer's card in a constant number of statements, however much the customer bought."""

from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.customers.queries import get_customer
from app.db.base import session
from app.followup.rules_card import Card, LastPayment, Settled, Standing, usual_days_late
from app.ledger import queries as ledger
from app.ledger.models import EntryKind, LedgerEntry
from app.ledger.rules import days_past_due
from app.payments.models import Allocation, Payment, PaymentReversal
from app.payments.queries_settling import sum_disputed
from app.payments.rules_settling import PaymentKind

HABIT_DAYS = 365


def read_card(customer_id: int, today: date) -> Card:
    """What the customer owes today, how old it is, and how the customer pays."""
    customer = get_customer(customer_id)
    balances = ledger.read_balances(today, customer_id=customer_id)
    standings: dict[str, Standing] = {}
    for item in balances.open_items:
        standing = standings.setdefault(item.currency, Standing(item.currency))
        days = days_past_due(item.due_on, today)
        standing.aging.add_open(days, item.open)
        standing.oldest = max(standing.oldest, days)
    for account in balances.on_account:
        standings.setdefault(account.currency, Standing(account.currency)).aging.add_on_account(account.amount)
    for currency, settled in _list_settled(customer_id, today).items():
        standings.setdefault(currency, Standing(currency)).days_late = usual_days_late(settled)
    for currency, count in _count_payments(customer_id, today).items():
        standings.setdefault(currency, Standing(currency)).payments = count
    for currency, amount in sum_disputed(customer_id).items():
        standings.setdefault(currency, Standing(currency)).disputed = amount
    return Card(dict(sorted(standings.items())), customer.currency, customer.credit_limit, _find_last(customer_id))


def _list_settled(customer_id: int, today: date) -> dict[str, list[Settled]]:
    """Currency -> what settlements of the last year that stand paid, added up by their days."""
    entry, undoing = LedgerEntry, aliased(LedgerEntry)
    keys = (entry.currency, entry.due_on, entry.effective_on)
    chosen = (
        select(*keys, func.sum(-entry.amount))
        .outerjoin(undoing, undoing.reverses == entry.position)
        .where(entry.customer_id == customer_id, entry.kind == EntryKind.SETTLEMENT, undoing.position.is_(None))
        .where(entry.effective_on > today - timedelta(days=HABIT_DAYS), entry.effective_on <= today)
        .group_by(*keys)
    )
    found: dict[str, list[Settled]] = {}
    for currency, due_on, paid_on, amount in session().execute(chosen):
        if due_on is not None:
            found.setdefault(currency, []).append(Settled(due_on, paid_on, int(amount)))
    return found


def _count_payments(customer_id: int, today: date) -> dict[str, int]:
    """Currency -> how many payments settled something in the last year that still stands."""
    undoing = aliased(Allocation)
    chosen = (
        select(Payment.currency, func.count(Allocation.payment_id.distinct()))
        .join(Allocation, Allocation.payment_id == Payment.id)
        .outerjoin(undoing, undoing.undoes == Allocation.id)
        .where(Payment.customer_id == customer_id, Allocation.undoes.is_(None), undoing.id.is_(None))
        .where(Allocation.effective_on > today - timedelta(days=HABIT_DAYS), Allocation.effective_on <= today)
        .group_by(Payment.currency)
    )
    return {row.currency: row[1] for row in session().execute(chosen)}


def _find_last(customer_id: int) -> LastPayment | None:
    """The newest payment that stands, of money that came in from the customer."""
    newest = (
        select(Payment.id, Payment.received_on, Payment.currency, Payment.amount)
        .outerjoin(PaymentReversal, PaymentReversal.payment_id == Payment.id)
        .where(Payment.customer_id == customer_id, PaymentReversal.payment_id.is_(None))
        .where(Payment.kind == PaymentKind.MONEY)
        .order_by(Payment.received_on.desc(), Payment.id.desc())
        .limit(1)
    )
    row = session().execute(newest).first()
    return LastPayment(*row) if row else None
