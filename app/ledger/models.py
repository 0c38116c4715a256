"""The receivable ledger: append-only entries with two clocks, and the month snapshots that make the past fast."""

import enum
from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.triggers import guard_table
from app.db.types import EnumText


class EntryKind(enum.StrEnum):
    INSTALMENT = "instalment"  # + on a document's instalment
    RECEIPT = "receipt"  # - on account: money came in, not yet allocated
    SETTLEMENT = "settlement"  # - on an instalment, always with an APPLICATION of the same payment
    APPLICATION = "application"  # + on account: unapplied cash became a settlement
    CREDIT = "credit"  # - on an instalment, or on account where nothing was open
    WRITE_OFF = "write_off"  # - on an instalment
    REFUND = "refund"  # + on account: money is sent back
    TRANSFER = "transfer"  # on account: + where the money is from, - at the customer it is for
    REVERSAL = "reversal"  # the opposite of an earlier entry


class LedgerEntry(Model):
    """One change of what a customer owes: amount > 0 owes more, < 0 owes less, in minor units.

    `document` is opaque ("invoice:12"), None for what is on account. `effective_on` is the business date;
    `position` and `recorded_at` rise together under one lock, so that "as known at" never changes afterwards.
    `item` is the position of the INSTALMENT entry the amount belongs to (its own, for that entry), None on account.
    `late` marks an entry that reached back into a month whose snapshot stood already.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        Index("ix_ledger_entry_document", "document", "instalment"),
        Index("ix_ledger_entry_customer", "customer_id", "currency"),
        # What is added up rides along, so that a span of days by item or by customer and age reads this index alone
        Index(
            "ix_ledger_entry_effective",
            "effective_on",
            "position",
            "item",
            "customer_id",
            "currency",
            "due_on",
            "amount",
        ),
        Index("ix_ledger_entry_recorded", "recorded_at", "position"),
        Index("ix_ledger_entry_reason", "reason"),
        Index(
            "ix_ledger_entry_asked",
            "amount",
            "currency",
            sqlite_where=text("kind = 'instalment'"),
            postgresql_where=text("kind = 'instalment'"),
        ),
        Index(
            "ix_ledger_entry_late",
            "position",
            "effective_on",
            # written as SQLAlchemy writes it, or SQLite does not see that the index fits
            sqlite_where=text("late = 1"),
            postgresql_where=text("late"),
        ),
    )

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    recorded_at: Mapped[datetime]
    effective_on: Mapped[date]
    kind: Mapped[EntryKind] = mapped_column(EnumText(EntryKind))
    customer_id: Mapped[int]
    currency: Mapped[str]
    document: Mapped[str | None]
    instalment: Mapped[int | None]
    due_on: Mapped[date | None]  # of the instalment; repeated on each of its entries
    item: Mapped[int | None]
    amount: Mapped[int]
    reason: Mapped[str]  # what caused it: "payment:3", "allocation:7", "invoice:9"
    reverses: Mapped[int | None] = mapped_column(unique=True)
    actor: Mapped[str]
    late: Mapped[bool] = mapped_column(default=False)


class OpenItemSnapshot(Model):
    """What was open at the end of a month as known when the snapshot was taken; a cache that verify recomputes.

    A month may have several: an earlier one answers for what was known then, a later one has the late entries in it.
    """

    __tablename__ = "ledger_snapshot"
    __table_args__ = (UniqueConstraint("month_end", "up_to_position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    month_end: Mapped[date]
    up_to_position: Mapped[int]
    taken_at: Mapped[datetime]


class OpenItemSnapshotRow(Model):
    """One open item of a snapshot, by the position of its INSTALMENT entry, or (`item` 0) one on-account balance."""

    __tablename__ = "ledger_snapshot_row"
    # SQLite then keeps the rows of a snapshot side by side, so reading one is a single walk
    __table_args__ = {"sqlite_with_rowid": False}

    snapshot_id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    currency: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    due_on: Mapped[date | None]  # of the item
    amount: Mapped[int]


class OpenItemSnapshotChange(Model):
    """What one day of the snapshot's month did to an open item, or (`item` 0) to an on-account balance.

    Taken back from the rows, newest day first, they give what was open at the end of any day of that month.
    """

    __tablename__ = "ledger_snapshot_change"
    # The day stands first: a question wants the days after its own, side by side
    __table_args__ = {"sqlite_with_rowid": False}

    snapshot_id: Mapped[int] = mapped_column(primary_key=True)
    effective_on: Mapped[date] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    currency: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    due_on: Mapped[date | None]  # of the item
    amount: Mapped[int]


guard_table("ledger_entry", message="the ledger is append-only")
