"""Recurring plans: what a customer gets in every period, and what became of each period."""

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Model
from app.db.types import CanonicalJson, EnumText
from app.invoices.rules_recurring import Rhythm, Unit


class PlanState(enum.StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class RecurringPlan(Model):
    """An agreement that is billed period by period. `order_id` is the order it was made from."""

    __tablename__ = "recurring_plan"
    __table_args__ = (
        Index("ix_recurring_plan_state", "state", "id"),
        Index("ix_recurring_plan_customer", "customer_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"), index=True)
    title: Mapped[str]
    state: Mapped[PlanState] = mapped_column(EnumText(PlanState), default=PlanState.ACTIVE)
    state_reason: Mapped[str] = mapped_column(default="")
    currency: Mapped[str]
    every: Mapped[int]
    unit: Mapped[Unit] = mapped_column(EnumText(Unit))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]  # the last day of the last period
    most_periods: Mapped[int | None]
    is_in_advance: Mapped[bool] = mapped_column(default=True)
    index_percent: Mapped[Decimal] = mapped_column(default=Decimal(0))  # a year, from the first anniversary
    lead_days: Mapped[int] = mapped_column(default=14)
    payment_terms: Mapped[str]
    po_number: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)

    lines: Mapped[list["RecurringLine"]] = relationship(order_by="RecurringLine.position", cascade="all, delete-orphan")

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(
            every=self.every,
            unit=self.unit,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            most=self.most_periods,
            is_in_advance=self.is_in_advance,
            index_percent=self.index_percent,
        )


class RecurringLine(Model):
    __tablename__ = "recurring_line"
    __table_args__ = (UniqueConstraint("plan_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("recurring_plan.id"))
    position: Mapped[int]
    description: Mapped[str]
    quantity: Mapped[Decimal]
    unit: Mapped[str] = mapped_column(default="")
    unit_price: Mapped[Decimal]  # of the first year
    discount_percent: Mapped[Decimal] = mapped_column(default=Decimal(0))
    taxes: Mapped[list[dict[str, Any]]] = mapped_column(CanonicalJson, default=list)
    tax_code: Mapped[str | None]


class RecurringPeriod(Model):
    """A period that was proposed. Its invoice names it (`Invoice.recurring_period_id`, one at the most)."""

    __tablename__ = "recurring_period"
    __table_args__ = (
        UniqueConstraint("plan_id", "number"),
        Index("ix_recurring_period_due", "bill_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("recurring_plan.id"))
    number: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    bill_on: Mapped[date]
    proposed_at: Mapped[datetime]
    skipped_at: Mapped[datetime | None]
    skip_reason: Mapped[str] = mapped_column(default="")

    plan: Mapped[RecurringPlan] = relationship()
