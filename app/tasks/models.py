"""Departments, playbooks, and the tasks an order needs from each department."""

import enum
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Model
from app.db.types import CanonicalJson, EnumText


class Department(Model):
    __tablename__ = "department"

    code: Mapped[str] = mapped_column(primary_key=True)  # finance, rnd, qa, marketing, customer_service, operations
    name: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)


class Playbook(Model):
    """What an order of this type needs."""

    __tablename__ = "playbook"

    order_type: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]

    steps: Mapped[list["PlaybookStep"]] = relationship(
        back_populates="playbook", order_by="PlaybookStep.position", cascade="all, delete-orphan"
    )


class PlaybookStep(Model):
    __tablename__ = "playbook_step"

    order_type: Mapped[str] = mapped_column(ForeignKey("playbook.order_type"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    title: Mapped[str]
    department_code: Mapped[str] = mapped_column(ForeignKey("department.code"))
    due_after_days: Mapped[int]  # working days after the order was opened
    is_required: Mapped[bool] = mapped_column(default=True)
    prerequisites: Mapped[list[str]] = mapped_column(CanonicalJson, default=list)  # codes of steps before it

    playbook: Mapped[Playbook] = relationship(back_populates="steps")


class TaskState(enum.StrEnum):
    BLOCKED = "blocked"
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class Task(Model):
    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("order_id", "code"),
        Index("ix_task_department", "department_code", "state", "due_on", "id"),
        Index("ix_task_assignee", "assignee_id", "state", "due_on", "id"),
        Index("ix_task_state_due_on", "state", "due_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("sales_order.id"))
    code: Mapped[str]
    position: Mapped[int]
    title: Mapped[str]
    department_code: Mapped[str] = mapped_column(ForeignKey("department.code"))
    is_required: Mapped[bool]
    prerequisites: Mapped[list[str]] = mapped_column(CanonicalJson, default=list)
    state: Mapped[TaskState] = mapped_column(EnumText(TaskState))
    due_on: Mapped[date]
    assignee_id: Mapped[int | None]
    opened_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")
    is_paused: Mapped[bool] = mapped_column(default=False)  # it waits for the customer
    version: Mapped[int] = mapped_column(default=1)
