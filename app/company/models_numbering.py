"""Ranges of numbers that no document of ours will have, because an earlier system used them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.triggers import guard_table


class ReservedNumbers(Model):
    """The numbers from `first` to `last` of a series in a period, both included; written once."""

    __tablename__ = "number_range_reserved"
    __table_args__ = (
        UniqueConstraint("series", "period", "first"),
        CheckConstraint("first >= 1 AND last >= first", name="in_order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[str]
    period: Mapped[str]
    first: Mapped[int]
    last: Mapped[int]
    reason: Mapped[str]
    reserved_by: Mapped[str]
    reserved_at: Mapped[datetime]


guard_table("number_range_reserved", message="Reserved numbers stay as they were noted.")
