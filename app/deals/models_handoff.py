"""The checklist of each deal type, what people ticked and attached on a deal, and what Sales promised beyond it."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model


class HandoffItem(Model):
    """One row of the checklist of a deal type. `check` names the automatic check; empty: a person ticks it or,
    where it asks for a file, attaches one."""

    __tablename__ = "handoff_item"
    __table_args__ = (UniqueConstraint("deal_type", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_type: Mapped[str]
    code: Mapped[str]  # never used again for another item, so that an old tick cannot stand for it
    label: Mapped[str]
    check: Mapped[str] = mapped_column("check_code", default="")  # CHECK is a word of SQL
    is_required: Mapped[bool] = mapped_column(default=False)
    asks_file: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)


class HandoffTick(Model):
    """Somebody saw that this is there. The item is named by its code, so that a tick outlives a changed list."""

    __tablename__ = "handoff_tick"

    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    ticked_by: Mapped[str]
    ticked_at: Mapped[datetime]


class DealPromise(Model):
    """Something Sales promised beyond the contract; it becomes a task of the order."""

    __tablename__ = "deal_promise"
    __table_args__ = (Index("ix_deal_promise_deal", "deal_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    text: Mapped[str]
    department_code: Mapped[str]
    due_on: Mapped[date | None]  # either this day,
    due_after_days: Mapped[int | None]  # or so many working days after the order was opened
    is_required: Mapped[bool] = mapped_column(default=False)
    promised_by: Mapped[str]
    promised_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]


class DealFile(Model):
    """A file on a deal; name, kind and bytes are those of the stored document. A removed one keeps its bytes."""

    __tablename__ = "deal_file"
    __table_args__ = (Index("ix_deal_file_deal", "deal_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    for_code: Mapped[str] = mapped_column(default="")  # the item of the checklist it was added for
    added_by: Mapped[str]
    added_at: Mapped[datetime]
    removed_by: Mapped[str | None]
    removed_at: Mapped[datetime | None]
