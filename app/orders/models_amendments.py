"""Amendments: what somebody wants to change of an accepted order, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.types import CanonicalJson, EnumText
from app.orders.rules_amend import AmendmentState


class OrderAmendment(Model):
    """A version of the order beside the accepted one; `changes` hold each value before and after."""

    __tablename__ = "order_amendment"
    __table_args__ = (
        UniqueConstraint("order_id", "number"),
        Index("ix_order_amendment_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"))
    number: Mapped[int]
    changes: Mapped[dict[str, Any]] = mapped_column(CanonicalJson)
    reason: Mapped[str]
    net_before: Mapped[int]  # minor units of the order's currency
    net_after: Mapped[int]
    limits_passed: Mapped[str] = mapped_column(default="")  # why somebody else has to agree; empty: nobody has to
    state: Mapped[AmendmentState] = mapped_column(EnumText(AmendmentState), default=AmendmentState.PROPOSED)
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    decision: Mapped[str] = mapped_column(default="")  # why it was refused or withdrawn
