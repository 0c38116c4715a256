"""The escalation ladder, and each step of it that a task will climb or has climbed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.types import CanonicalJson, EnumText
from app.tasks.rules_escalation import Who

PLANNED = text("notified_at IS NULL")
UNANSWERED = text("notified_at IS NOT NULL AND stopped_at IS NULL")


class EscalationLevel(Model):
    """Who is told when so much of a task's target is used."""

    __tablename__ = "escalation_level"

    position: Mapped[int] = mapped_column(primary_key=True)
    share_percent: Mapped[int]
    who: Mapped[Who] = mapped_column(EnumText(Who))


class TaskEscalation(Model):
    """One step of one round of a task's clock: planned while `notified_at` is empty, then told once.

    What is only planned moves with the clock and is deleted when the clock stops.
    """

    __tablename__ = "task_escalation"
    __table_args__ = (
        UniqueConstraint("task_id", "round", "position"),
        Index("ix_task_escalation_next", "due_at", "id", sqlite_where=PLANNED, postgresql_where=PLANNED),
        Index("ix_task_escalation_answer", "notified_at", "id", sqlite_where=UNANSWERED, postgresql_where=UNANSWERED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    round: Mapped[int]
    position: Mapped[int]
    share_percent: Mapped[int]
    who: Mapped[Who] = mapped_column(EnumText(Who))
    due_at: Mapped[datetime]
    notified_at: Mapped[datetime | None]
    told: Mapped[str] = mapped_column(default="")  # their names, as of then
    told_ids: Mapped[list[int]] = mapped_column(CanonicalJson, default=list, server_default="[]")
    by_hand: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(default="")
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    stopped_at: Mapped[datetime | None]  # since when nobody has to answer it any more
    stopped_why: Mapped[str] = mapped_column(default="")
