"""Learns from what people decide about lines of a statement, and forgets it when they take it back."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from app.audit.services import record
from app.customers.services import lock_customer
from app.db.base import session
from app.payments.models_matching import LearnedAccount, RemittanceHabit
from app.payments.rules_book import Habit, MatchLine


def learn(
    line: MatchLine, customer_id: int, *, habit: Habit | None = None, actor: str, now: datetime
) -> LearnedAccount | None:
    """A line was placed for a customer: its account is the customer's, and `habit` how the customer paid.

    Returns what is known of the account, None where the line names none. Raises CustomerUnknown.
    """
    lock_customer(customer_id)
    if habit is not None:
        _count_habit(customer_id, habit, 1, line.booked_on)
    if not (account := line.party_account):
        return None
    learned = _find_or_add(account, customer_id, line.booked_on)
    learned.confirmed += 1
    learned.last_used_on = max(learned.last_used_on, line.booked_on)
    if learned.confirmed == 1:
        _record("payer_account.learned", learned, actor=actor, now=now)
    return learned


def unlearn(
    line: MatchLine, customer_id: int, *, habit: Habit | None = None, actor: str, now: datetime
) -> LearnedAccount | None:
    """The line was not for this customer after all: what it taught is taken back, and counts against the account."""
    lock_customer(customer_id)
    if habit is not None:
        _count_habit(customer_id, habit, -1, line.booked_on)
    learned = _find(line.party_account, customer_id)
    if learned is None:
        return None
    learned.confirmed = max(0, learned.confirmed - 1)
    learned.denied += 1
    _record("payer_account.denied", learned, actor=actor, now=now)
    return learned


def _find(account: str, customer_id: int) -> LearnedAccount | None:
    chosen = select(LearnedAccount).where(LearnedAccount.account == account)
    return session().scalars(chosen.where(LearnedAccount.customer_id == customer_id)).first()


def _find_or_add(account: str, customer_id: int, on: date) -> LearnedAccount:
    """The customer is locked, so nobody adds the same beside us."""
    learned = _find(account, customer_id)
    if learned is None:
        learned = LearnedAccount(account=account, customer_id=customer_id, confirmed=0, denied=0, last_used_on=on)
        session().add(learned)
        session().flush()
    return learned


def _count_habit(customer_id: int, habit: Habit, change: int, on: date) -> None:
    chosen = select(RemittanceHabit).where(RemittanceHabit.customer_id == customer_id)
    known = session().scalars(chosen.where(RemittanceHabit.habit == habit)).first()
    if known is None:
        known = RemittanceHabit(customer_id=customer_id, habit=habit, times=0, last_used_on=on)
        session().add(known)
    known.times = max(0, known.times + change)
    known.last_used_on = max(known.last_used_on, on)
    session().flush()


def _record(action: str, learned: LearnedAccount, *, actor: str, now: datetime) -> None:
    record(
        action, actor=actor, now=now, object_kind="payer_account", object_id=learned.id,
        customer_id=learned.customer_id, account=learned.account,
    )  # fmt: skip
