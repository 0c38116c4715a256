"""What matching proposes for lines of the bank, and which payment or reversal stands for a line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.types import CanonicalJson, EnumText
from app.payments.rules_book import Habit
from app.payments.rules_cash import LineKind


class MatchProposal(Model):
    """One way to place a line, the best with rank 1; made anew whenever somebody asks."""

    __tablename__ = "match_proposal"
    __table_args__ = (
        UniqueConstraint("line_id", "rank"),
        Index("ix_match_proposal_customer", "customer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("statement_line.id"))
    rank: Mapped[int]
    kind: Mapped[LineKind] = mapped_column(EnumText(LineKind))
    score: Mapped[int]  # 0 to 100
    is_certain: Mapped[bool]
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))  # the one that came back
    other_line_id: Mapped[int | None]  # the line that takes this one back, or that it takes back
    refund_id: Mapped[int | None]  # the one that came back
    reasons: Mapped[list[str]] = mapped_column(CanonicalJson)
    shares: Mapped[list[list[int]]] = mapped_column(CanonicalJson)  # [invoice id, instalment, minor units]
    deduction: Mapped[dict[str, Any] | None] = mapped_column(CanonicalJson)  # invoice_id, instalment, amount, reason
    made_at: Mapped[datetime]


class LineMatch(Model):
    """That a payment, or the reversal of one, stands for a line; `edition` counts how often the line was placed."""

    __tablename__ = "line_match"
    __table_args__ = (
        UniqueConstraint("line_id", "edition"),
        Index("ux_line_match_live", "line_id", unique=True, sqlite_where=text("undone_at IS NULL"),
              postgresql_where=text("undone_at IS NULL")),
        Index("ix_line_match_payment", "payment_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("statement_line.id"))
    edition: Mapped[int]
    kind: Mapped[LineKind] = mapped_column(EnumText(LineKind))  # settle or reverse
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    habit: Mapped[Habit | None] = mapped_column(EnumText(Habit))  # what it taught about the customer
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]
    undone_reason: Mapped[str] = mapped_column(default="")
