"""Payment follow-up: the dunning procedure, its runs, and the notices that went out."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Model
from app.db.triggers import guard_table
from app.db.types import CanonicalJson, EnumText


class DunningProcedure(Model):
    __tablename__ = "dunning_procedure"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    days_between: Mapped[int] = mapped_column(default=7)  # least days between two notices on one item

    levels: Mapped[list["DunningLevel"]] = relationship(order_by="DunningLevel.level")


class DunningLevel(Model):
    __tablename__ = "dunning_level"

    procedure_id: Mapped[int] = mapped_column(ForeignKey("dunning_procedure.id"), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    days_past_due: Mapped[int]  # reached at this age


class RunState(enum.StrEnum):
    PROPOSED = "proposed"
    SENT = "sent"


class DunningRun(Model):
    """The follow-up of one business date: proposed by the clock, approved by a person."""

    __tablename__ = "dunning_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    on: Mapped[date] = mapped_column("run_on", unique=True)
    state: Mapped[RunState] = mapped_column(EnumText(RunState), default=RunState.PROPOSED)
    proposed_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]


class Notice(Model):
    """What one customer was told in one currency; amounts in minor units."""

    __tablename__ = "dunning_notice"
    __table_args__ = (
        UniqueConstraint("run_id", "customer_id", "currency"),
        Index("ix_dunning_notice_customer", "customer_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("dunning_run.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    currency: Mapped[str]
    level: Mapped[int]
    amount: Mapped[int]
    key: Mapped[str]
    message_id: Mapped[int | None]  # of the outbox; one mail may carry several currencies
    created_at: Mapped[datetime]

    items: Mapped[list["NoticeItem"]] = relationship(order_by="NoticeItem.id")


class NoticeItem(Model):
    """One instalment a notice lists. `advances` to `level` happens once per instalment and level."""

    __tablename__ = "dunning_notice_item"
    __table_args__ = (
        Index("ix_dunning_notice_item_invoice", "invoice_id", "instalment"),
        UniqueConstraint("invoice_id", "instalment", "step"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("dunning_notice.id"), index=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"))
    instalment: Mapped[int]
    due_on: Mapped[date]
    open_amount: Mapped[int]
    days_past_due: Mapped[int]
    level: Mapped[int]  # the level this item stands at
    step: Mapped[int | None]  # = level where this notice takes the step; None where it is only listed again


class Letter(Model):
    """Everything one customer's reminder of a day says; its PDF is drawn from this alone."""

    __tablename__ = "dunning_letter"
    __table_args__ = (
        UniqueConstraint("run_id", "customer_id"),
        Index("ix_dunning_letter_customer", "customer_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("dunning_run.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    content: Mapped[dict[str, Any]] = mapped_column(CanonicalJson)
    created_at: Mapped[datetime]


guard_table("dunning_letter", message="reminders that were written never change")
