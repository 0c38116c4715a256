"""Deliveries: what reached the customer of each line, and what was taken back."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model


class OrderDelivery(Model):
    """So much of a line on a day. Undoing keeps the row, with who and why."""

    __tablename__ = "order_delivery"
    __table_args__ = (
        Index("ix_order_delivery_order", "order_id", "id"),
        Index("ix_order_delivery_line", "line_id", "undone_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("sales_order_line.id"))
    quantity: Mapped[Decimal]
    delivered_on: Mapped[date]
    note: Mapped[str] = mapped_column(default="")
    is_automatic: Mapped[bool] = mapped_column(default=False)  # because the last required task was done
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]
    undo_reason: Mapped[str] = mapped_column(default="")
