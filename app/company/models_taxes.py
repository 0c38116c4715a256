"""Tax codes: the taxes of a line under one name, each with rates that hold from a day on."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Model


class TaxCode(Model):
    """Such as DE19, or NYC with the taxes of state, city and district. The code is never renamed: lines keep it."""

    __tablename__ = "tax_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    region: Mapped[str] = mapped_column(default="")
    is_active: Mapped[bool] = mapped_column(default=True)  # offered for new lines
    version: Mapped[int] = mapped_column(default=1)

    parts: Mapped[list[TaxCodePart]] = relationship(order_by="TaxCodePart.position", cascade="all, delete-orphan")


class TaxCodePart(Model):
    """One tax of a code. What it is never changes; what it takes does."""

    __tablename__ = "tax_code_part"
    __table_args__ = (UniqueConstraint("tax_code_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tax_code_id: Mapped[int] = mapped_column(ForeignKey("tax_code.id"))
    position: Mapped[int]
    name: Mapped[str]  # as documents print it
    category: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")

    rates: Mapped[list[TaxRate]] = relationship(order_by="TaxRate.valid_from", cascade="all, delete-orphan")


class TaxRate(Model):
    """So many percent from this day until the next one of the same part."""

    __tablename__ = "tax_rate"
    __table_args__ = (UniqueConstraint("part_id", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(ForeignKey("tax_code_part.id"))
    valid_from: Mapped[date]
    rate: Mapped[Decimal]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
