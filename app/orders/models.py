"""Orders: what we promised, line by line."""

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Model
from app.db.types import CanonicalJson, EnumText


class OrderState(enum.StrEnum):
    IN_PROGRESS = "in_progress"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"


class Order(Model):
    __tablename__ = "sales_order"
    __table_args__ = (
        Index("ix_sales_order_state", "state", "id"),
        Index("ix_sales_order_customer", "customer_id", "id"),
        Index("ix_sales_order_state_due_on", "state", "due_on", "id"),
        Index("ix_sales_order_due_on", "due_on", "id"),
        Index("ix_sales_order_fulfilled", "state", "fulfilled_on", "id"),
        Index("ix_sales_order_held", "held_at", "id"),
        Index("ix_sales_order_backlog", "state", "ordered_on", "currency", "net_total"),
        # holds all that the strip over the list adds up, so that it reads no row
        Index("ix_sales_order_worth", "state", "currency", "due_on", "net_total"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)  # SO-2026-00001
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    order_type: Mapped[str]
    owner: Mapped[str] = mapped_column(default="")  # the seller of the deal
    currency: Mapped[str]
    payment_terms: Mapped[str]
    po_number: Mapped[str] = mapped_column(default="")
    ordered_on: Mapped[date]
    due_on: Mapped[date]  # the day the last required task is due
    net_total: Mapped[int]
    gross_total: Mapped[int]
    billed_net: Mapped[int] = mapped_column(default=0)  # minor units, issued invoices less credit notes
    billed_gross: Mapped[int] = mapped_column(default=0)
    state: Mapped[OrderState] = mapped_column(EnumText(OrderState), default=OrderState.IN_PROGRESS)
    opened_at: Mapped[datetime]
    fulfilled_at: Mapped[datetime | None]
    fulfilled_on: Mapped[date | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_on: Mapped[date | None]
    cancel_reason: Mapped[str] = mapped_column(default="")
    held_at: Mapped[datetime | None]  # since when some hold stands
    version: Mapped[int] = mapped_column(default=1)

    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", order_by="OrderLine.position", cascade="all, delete-orphan"
    )


class OrderLine(Model):
    __tablename__ = "sales_order_line"
    __table_args__ = (UniqueConstraint("order_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"))
    position: Mapped[int]
    item: Mapped[str]
    quantity: Mapped[Decimal]
    unit: Mapped[str] = mapped_column(default="")
    unit_price: Mapped[Decimal]
    discount_percent: Mapped[Decimal] = mapped_column(default=Decimal(0))
    cancelled_quantity: Mapped[Decimal] = mapped_column(default=Decimal(0))
    fulfilled_quantity: Mapped[Decimal] = mapped_column(default=Decimal(0))
    requested_on: Mapped[date | None]
    promised_on: Mapped[date | None]
    fulfilled_on: Mapped[date | None]  # the last delivery
    taxes: Mapped[list[dict[str, Any]]] = mapped_column(CanonicalJson)  # as `invoices compute` takes them, plus reason
    tax_code: Mapped[str | None]  # gives each document the rates of its tax point; `taxes` are those of the first day

    order: Mapped[Order] = relationship(back_populates="lines")

    @property
    def standing(self) -> Decimal:
        """What is still ordered: nothing that was cancelled."""
        return self.quantity - self.cancelled_quantity

    @property
    def left(self) -> Decimal:
        """What is still to be delivered."""
        return self.standing - self.fulfilled_quantity
