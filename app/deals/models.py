"""Closed deals as Sales handed them over, and what Operations decided."""

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Model
from app.db.types import CanonicalJson, EnumText


class DealState(enum.StrEnum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    RETURNED = "returned"


class ReturnCode(enum.StrEnum):
    """Why a deal goes back to Sales; the text beside it says more."""

    BILLING_DATA = "billing_data"
    PRICE = "price"
    TERMS = "terms"
    PURCHASE_ORDER = "purchase_order"
    SCOPE = "scope"
    DUPLICATE = "duplicate"
    OTHER = "other"


class Deal(Model):
    """A deal Sales won. `fingerprint` is of the delivered content: a second delivery with another one is reported."""

    __tablename__ = "deal"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("ix_deal_state", "state", "id"),
        Index("ix_deal_state_closed_on", "state", "closed_on", "id"),
        Index("ix_deal_closed_on", "closed_on", "id"),
        Index("ix_deal_decided_at", "decided_at", "id"),
        Index("ix_deal_customer_po_number", "customer_id", "po_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    external_id: Mapped[str]
    fingerprint: Mapped[str]
    deal_type: Mapped[str] = mapped_column(default="standard")
    closed_on: Mapped[date]
    owner: Mapped[str] = mapped_column(default="")  # the seller
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    currency: Mapped[str]
    payment_terms: Mapped[str]
    po_number: Mapped[str] = mapped_column(default="")
    net_total: Mapped[int]  # minor units, for lists; the invoice computes its own
    content: Mapped[dict[str, Any]] = mapped_column(CanonicalJson)  # as received, or as edited since
    state: Mapped[DealState] = mapped_column(EnumText(DealState), default=DealState.WAITING)
    received_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    return_code: Mapped[ReturnCode | None] = mapped_column(EnumText(ReturnCode))
    return_reason: Mapped[str] = mapped_column(default="")
    returned_times: Mapped[int] = mapped_column(default=0)
    accept_minutes: Mapped[int | None]  # working minutes from the first hand-in to the acceptance
    version: Mapped[int] = mapped_column(default=1)

    lines: Mapped[list["DealLine"]] = relationship(
        back_populates="deal", order_by="DealLine.position", cascade="all, delete-orphan"
    )


class DealLine(Model):
    __tablename__ = "deal_line"
    __table_args__ = (UniqueConstraint("deal_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"))
    position: Mapped[int]
    item: Mapped[str]
    quantity: Mapped[Decimal]
    unit: Mapped[str] = mapped_column(default="")
    unit_price: Mapped[Decimal]  # major units of the deal's currency
    discount_percent: Mapped[Decimal] = mapped_column(default=Decimal(0))
    tax_rate: Mapped[Decimal]
    tax_category: Mapped[str]  # S, Z, E, AE, K, G, O
    tax_reason: Mapped[str] = mapped_column(default="")
    tax_code: Mapped[str | None]  # says all three by date
    requested_on: Mapped[date | None]

    deal: Mapped[Deal] = relationship(back_populates="lines")
