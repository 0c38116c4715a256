"""Due slots: a job at a local date and time is a row, so it runs once however many workers look."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.types import CanonicalJson, EnumText


class SlotState(enum.StrEnum):
    DUE = "due"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class Slot(Model):
    """One run of a job that was, is or will be due. `local_time` is the key people read: 2026-11-22T07:00."""

    __tablename__ = "slot"
    __table_args__ = (Index("ix_slot_state_due_at", "state", "due_at"),)

    job: Mapped[str] = mapped_column(primary_key=True)
    local_time: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    state: Mapped[SlotState] = mapped_column(EnumText(SlotState), default=SlotState.DUE)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]
    outcome: Mapped[dict[str, Any] | None] = mapped_column(CanonicalJson)
