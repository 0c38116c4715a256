"""Statements of account that were sent: everything each said."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.triggers import guard_table
from app.db.types import CanonicalJson


class AccountStatement(Model):
    """What a customer was sent; its PDF and spreadsheet are drawn from this alone."""

    __tablename__ = "account_statement"
    __table_args__ = (Index("ix_account_statement_customer", "customer_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    since: Mapped[date]
    until: Mapped[date]
    position: Mapped[int]  # of the newest ledger entry that was known
    content: Mapped[dict[str, Any]] = mapped_column(CanonicalJson)
    created_at: Mapped[datetime]
    created_by: Mapped[str]


guard_table("account_statement", message="statements that were sent never change")
