"""Who held the ball of an order when, and when a task waited for the customer."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model

STILL = text("until IS NULL")


class OrderHolder(Model):
    """One stretch of time in which one party held an order's ball; an open order has exactly one without an end.

    `holder` is "sales", "customer", "hold" or "department:qa".
    """

    __tablename__ = "order_holder"
    __table_args__ = (
        Index("ix_order_holder_order", "order_id", "id"),
        Index("uq_order_holder_now", "order_id", unique=True, sqlite_where=STILL, postgresql_where=STILL),
        Index("ix_order_holder_until", "until", "holder"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"))
    holder: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class TaskPause(Model):
    """A task waits for the customer: its clock stands still from `since` until somebody says it goes on."""

    __tablename__ = "task_pause"
    __table_args__ = (
        Index("ix_task_pause_task", "task_id", "id"),
        Index("uq_task_pause_now", "task_id", unique=True, sqlite_where=STILL, postgresql_where=STILL),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    reason: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    paused_by: Mapped[str]
