"""Holds: why an order stands still, who looks after it, and until when."""

import enum
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.types import EnumText


class HoldKind(enum.StrEnum):
    CREDIT = "credit"
    CUSTOMER = "customer"
    INTERNAL = "internal"


class OrderHold(Model):
    """A reason for an order to stand still, from `placed_at` until it is released; an order can have several."""

    __tablename__ = "order_hold"
    __table_args__ = (
        Index("ix_order_hold_order", "order_id", "released_at"),
        Index("ix_order_hold_review", "released_at", "review_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"))
    kind: Mapped[HoldKind] = mapped_column(EnumText(HoldKind))
    reason: Mapped[str]
    owner_id: Mapped[int | None]  # who looks after it; None for whoever decides about credit
    review_on: Mapped[date]
    placed_at: Mapped[datetime]
    placed_by: Mapped[str]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None]
    release_reason: Mapped[str] = mapped_column(default="")
