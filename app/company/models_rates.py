"""Dated exchange rates: how many units of a currency one unit of the base buys."""

import enum
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.types import EnumText, ScaledDecimal


class RateSource(enum.StrEnum):
    ECB = "ecb"  # reference rates, always against the euro
    HAND = "hand"  # against the company's currency


class ExchangeRate(Model):
    """On this day 1 `base` was `rate` `currency`, as the ECB quotes: base EUR, currency USD, rate 1.0834."""

    __tablename__ = "exchange_rate"
    __table_args__ = (
        UniqueConstraint("base", "currency", "rated_on", "source"),
        CheckConstraint("rate > 0", name="rate_positive"),
        Index("ix_exchange_rate_rated_on", "rated_on", "id"),
        Index("ix_exchange_rate_currency", "currency", "rated_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    base: Mapped[str]
    currency: Mapped[str]
    rated_on: Mapped[date]
    source: Mapped[RateSource] = mapped_column(EnumText(RateSource))
    rate: Mapped[Decimal] = mapped_column(ScaledDecimal(10))
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
