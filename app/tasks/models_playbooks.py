"""Playbooks, their versions, and which version the tasks of an order were planned from."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.triggers import guard_table
from app.db.types import CanonicalJson


class Playbook(Model):
    """What an order of this type needs: the live version says it; a retired playbook plans no more orders."""

    __tablename__ = "playbook"

    order_type: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    live_number: Mapped[int | None]  # none until the first version is published
    is_active: Mapped[bool] = mapped_column(default=True, server_default=true())


class PlaybookVersion(Model):
    """One state of a playbook as somebody saved it; it never changes."""

    __tablename__ = "playbook_version"
    __table_args__ = (UniqueConstraint("order_type", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_type: Mapped[str] = mapped_column(ForeignKey("playbook.order_type"))
    number: Mapped[int]
    name: Mapped[str]
    steps: Mapped[list[dict[str, Any]]] = mapped_column(CanonicalJson)
    changes: Mapped[str]  # what changed, in words
    saved_by: Mapped[str]
    saved_at: Mapped[datetime]


class OrderPlan(Model):
    """The version an order was planned from."""

    __tablename__ = "order_plan"

    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"), primary_key=True)
    playbook_version_id: Mapped[int] = mapped_column(ForeignKey("playbook_version.id"))


guard_table("playbook_version", message="saved versions of a playbook never change")
