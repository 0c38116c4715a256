"""What is done for a customer after an order: reminders to ask, to renew, to order again."""

import enum
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.types import EnumText


class CareKind(enum.StrEnum):
    SATISFACTION = "satisfaction"
    RENEWAL = "renewal"
    REORDER = "reorder"
    OTHER = "other"


class CareRule(Model):
    """So many days after an order of this type was fulfilled, somebody is reminded."""

    __tablename__ = "care_rule"

    order_type: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[CareKind] = mapped_column(EnumText(CareKind), primary_key=True)
    after_days: Mapped[int]  # days on the calendar; moved to the next working day


class CareReminder(Model):
    """One thing to do for a customer on a day; open until somebody says what came of it."""

    __tablename__ = "care_reminder"
    __table_args__ = (
        UniqueConstraint("order_id", "kind"),
        Index("ix_care_reminder_open", "done_at", "due_on", "id"),
        Index("ix_care_reminder_customer", "customer_id", "done_at", "due_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"))
    kind: Mapped[CareKind] = mapped_column(EnumText(CareKind))
    text: Mapped[str] = mapped_column(default="")
    due_on: Mapped[date]
    made_by: Mapped[str]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
    outcome: Mapped[str] = mapped_column(default="")
