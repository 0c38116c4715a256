"""Learns from what people decide about lines of a statement, and forgets it when they take it back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.sql import ColumnElement

from app.audit.services import record
from app.customers.services import lock_customer
from app.db.base import session
from app.payments.models_bank import StatementEntry, StatementLine
from app.payments.models_cash import LineMatch
from app.payments.models_matching import LearnedAccount, RemittanceHabit
from app.payments.rules_book import Habit, MatchLine, PayerAccount
from app.payments.rules_cash import LineKind


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


def is_trusted(account: str, customer_id: int) -> bool:
    """Whether this account is known to pay for the customer: what matching places then, it need not have found out."""
    learned = _find(account, customer_id)
    return learned is not None and PayerAccount(account, customer_id, learned.confirmed, learned.denied).is_trusted


def unlearn(line: MatchLine, customer_id: int, *, habit: Habit | None = None) -> None:
    """What the line taught is taken back as if it had never been said; nothing is held against the account.

    What it was for meanwhile is undone already, so the newest day left is the one before.
    """
    lock_customer(customer_id)
    if habit is not None:
        _count_habit(customer_id, habit, -1, line.booked_on)
    if learned := _find(line.party_account, customer_id):
        learned.confirmed = max(0, learned.confirmed - 1)
        of_account = StatementLine.party_account == line.party_account
        _keep_or_forget(learned, learned.confirmed + learned.denied, _newest_day(customer_id, of_account))


def deny(line: MatchLine, customer_ids: Iterable[int], *, actor: str, now: datetime) -> None:
    """The line was taken for money of these customers, and is somebody else's: that counts against the account."""
    for customer_id in sorted(customer_ids) if line.party_account else ():
        lock_customer(customer_id)
        learned = _find_or_add(line.party_account, customer_id, line.booked_on)
        learned.denied += 1
        _record("payer_account.denied", learned, actor=actor, now=now)


def take_denial_back(line: MatchLine, customer_ids: Iterable[int]) -> None:
    """The line is nobody's again, so nothing is denied by it."""
    for customer_id in sorted(customer_ids):
        lock_customer(customer_id)
        if learned := _find(line.party_account, customer_id):
            learned.denied = max(0, learned.denied - 1)
            _keep_or_forget(learned, learned.confirmed + learned.denied, None)


def _keep_or_forget(known: LearnedAccount | RemittanceHabit, count: int, newest: date | None) -> None:
    """What nothing speaks for any more is not known."""
    known.last_used_on = newest or known.last_used_on
    if not count:
        session().delete(known)
    session().flush()


def _newest_day(customer_id: int, *wanted: ColumnElement[bool]) -> date | None:
    """The newest booking among the lines that stand for this customer."""
    chosen = (
        select(func.max(StatementEntry.booked_on))
        .join(StatementLine, StatementLine.entry_id == StatementEntry.id)
        .join(LineMatch, LineMatch.line_id == StatementLine.id)
        .where(LineMatch.customer_id == customer_id, LineMatch.kind == LineKind.SETTLE, LineMatch.undone_at.is_(None))
    )
    return session().scalar(chosen.where(*wanted))


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
    if change > 0:
        known.last_used_on = max(known.last_used_on, on)
        session().flush()
    else:
        _keep_or_forget(known, known.times, _newest_day(customer_id, LineMatch.habit == habit))


def _record(action: str, learned: LearnedAccount, *, actor: str, now: datetime) -> None:
    record(
        action, actor=actor, now=now, object_kind="payer_account", object_id=learned.id,
        customer_id=learned.customer_id, account=learned.account,
    )  # fmt: skip
