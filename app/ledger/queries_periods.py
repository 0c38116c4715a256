"""Reads up to which day the books are closed, and how that came about."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select

from app.db.base import session
from app.ledger import rules_periods
from app.ledger.models_periods import ClosedPeriod


def closed_until() -> date | None:
    """The last closed day; None while everything is open."""
    return session().scalar(select(func.max(ClosedPeriod.up_to)).where(ClosedPeriod.reopened_at.is_(None)))


def require_open(day: date, *, field: str | None = None) -> None:
    """Raises PeriodClosed. Posting asks again under the ledger's lock, so this is for an early, plain answer."""
    rules_periods.require_open(day, closed_until(), field=field)


def first_open_day(day: date) -> date:
    """That day, or the first after the closed time."""
    return rules_periods.first_open(day, closed_until())


def list_closings(limit: int = 60) -> Sequence[ClosedPeriod]:
    """Every closing, the newest first, those that were reopened too."""
    return session().scalars(select(ClosedPeriod).order_by(ClosedPeriod.id.desc()).limit(limit)).all()
