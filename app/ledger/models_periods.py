"""Closed periods: up to which day the books are closed, by whom, and who opened them again."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model


class ClosedPeriod(Model):
    """Everything up to and on `up_to` is closed until somebody reopens it; the row stays as the record of both."""

    __tablename__ = "closed_period"
    __table_args__ = (Index("ix_closed_period_up_to", "up_to"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    up_to: Mapped[date]
    closed_at: Mapped[datetime]
    closed_by: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    reopened_at: Mapped[datetime | None]
    reopened_by: Mapped[str | None]
    reopen_reason: Mapped[str] = mapped_column(default="")
