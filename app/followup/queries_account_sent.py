"""Finds statements of account that were sent."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select

from app.company.queries import business_today
from app.db.base import session
from app.followup.models_account import AccountStatement
from app.kernel.errors import NotFound

MOST_SHOWN = 5


class AccountStatementUnknown(NotFound):
    """There is no such statement of account."""


def get_account_statement(statement_id: int) -> AccountStatement:
    found = session().get(AccountStatement, statement_id)
    if found is None:
        raise AccountStatementUnknown
    return found


def list_sent(customer_id: int) -> Sequence[AccountStatement]:
    """The newest of a customer."""
    chosen = select(AccountStatement).where(AccountStatement.customer_id == customer_id)
    return session().scalars(chosen.order_by(AccountStatement.id.desc()).limit(MOST_SHOWN)).all()


def find_sent_on(day: date, customer_id: int, since: date, until: date) -> AccountStatement | None:
    """The newest of this customer and span, if it went out on that day."""
    one = AccountStatement
    chosen = select(one).where(one.customer_id == customer_id, one.since == since, one.until == until)
    found = session().scalars(chosen.order_by(one.id.desc()).limit(1)).first()
    return found if found is not None and business_today(found.created_at) == day else None


def count_sent(customer_id: int) -> int:
    """How many a customer got so far."""
    counted = select(func.count()).where(AccountStatement.customer_id == customer_id)
    return session().scalar(counted) or 0
