"""The journal for the general ledger: which accounts it names, and every export that was made."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.triggers import guard_table


class JournalAccount(Model):
    """The account of a kind of booking and, where it has one of its own, a reason or tax rate."""

    __tablename__ = "journal_account"

    kind: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)  # "" for all without one of their own
    account: Mapped[str] = mapped_column(default="", server_default="")
    tax_key: Mapped[str] = mapped_column(default="", server_default="")


class JournalExport(Model):
    """One file that was written; its bytes are a stored document.

    `after_position` is set where it takes up where the last such export ended: no two begin at the same place.
    """

    __tablename__ = "journal_export"
    __table_args__ = (Index("ix_journal_export_to", "up_to_position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    after_position: Mapped[int | None] = mapped_column(unique=True)
    up_to_position: Mapped[int]
    since: Mapped[date | None]
    until: Mapped[date | None]
    layout: Mapped[str]
    entries: Mapped[int]
    vouchers: Mapped[int]
    totals: Mapped[str]  # "1,190.00 EUR, 70.00 USD"
    sha256: Mapped[str]
    exported_at: Mapped[datetime]
    exported_by: Mapped[str]


guard_table("journal_export", message="exports of the journal never change")
