"""Stored daily reports and who gets them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.triggers import guard_table
from app.db.types import CanonicalJson


class MisReport(Model):
    """The daily report as it was sent: its figures never change; what changed since is bridged."""

    __tablename__ = "mis_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    on: Mapped[date] = mapped_column("report_on", unique=True)
    as_of: Mapped[datetime]  # the second clock: everything recorded up to here
    ledger_position: Mapped[int]
    figures: Mapped[dict[str, Any]] = mapped_column(CanonicalJson)
    sha256: Mapped[str]
    previous_sha256: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class MisSubscription(Model):
    __tablename__ = "mis_subscription"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)
    since: Mapped[date]
    paused: Mapped[bool] = mapped_column(default=False)


guard_table("mis_report", message="a delivered report never changes")
