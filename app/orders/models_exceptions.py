"""What keeps an order from going on, with its cause and who sees to it."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.types import EnumText
from app.orders.rules_exceptions import Cause, ExceptionState


class OrderException(Model):
    """A person or a department sees to it, or nobody yet. `note` says how it was resolved, or why it was reopened."""

    __tablename__ = "order_exception"
    __table_args__ = (
        Index("ix_order_exception_order", "order_id", "id"),
        Index("ix_order_exception_state", "state", "raised_at", "id"),
        Index("ix_order_exception_cause", "cause", "raised_at", "id"),
        Index("ix_order_exception_owner", "owner_id", "raised_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"))
    cause: Mapped[Cause] = mapped_column(EnumText(Cause))
    description: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    department_code: Mapped[str | None]  # the departments themselves belong to tasks
    source: Mapped[str] = mapped_column(default="", server_default="")  # what raised it, like "task:7"; "" by hand
    raised_by: Mapped[str]
    raised_at: Mapped[datetime]
    raised_on: Mapped[date]
    state: Mapped[ExceptionState] = mapped_column(EnumText(ExceptionState), default=ExceptionState.OPEN)
    suspended_until: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    resolved_by: Mapped[str | None]
    resolved_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
