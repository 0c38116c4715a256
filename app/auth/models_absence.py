"""Who is away from when until when, and who stands in."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model


class Absence(Model):
    """From the first to the last day the stand-in sees the tasks of this person and gets the notices."""

    __tablename__ = "absence"
    __table_args__ = (
        Index("ix_absence_user", "user_id", "last_day"),
        Index("ix_absence_stand_in", "stand_in_id", "last_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    stand_in_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    set_by: Mapped[str]
    set_at: Mapped[datetime]
