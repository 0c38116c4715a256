"""Departments, and the tasks an order needs from each."""

import enum
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.types import CanonicalJson, EnumText
from app.tasks.rules_evidence import REFUSED, Evidence
from app.tasks.rules_sla import NEVER

NEVER_STORED = "9999-01-01 00:00:00.000000"  # as SQLite keeps it, where instants are compared as text


class Department(Model):
    __tablename__ = "department"

    code: Mapped[str] = mapped_column(primary_key=True)  # finance, rnd, qa, marketing, customer_service, operations
    name: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    lead_id: Mapped[int | None]  # who is told when its tasks take too long; nobody: the managers


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
        Index("ix_task_clock", "state", "clock_due_at", "id"),
        Index("ix_task_department_clock", "department_code", "state", "clock_due_at", "id"),
        Index("ix_task_sla_risk", "state", "sla_risk_at", "id"),
        Index("ix_task_done_at", "done_at"),
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
    target_minutes: Mapped[int | None]  # working time from `opened_at`
    evidence: Mapped[Evidence] = mapped_column(EnumText(Evidence), default=Evidence.NONE, server_default="none")
    evidence_label: Mapped[str] = mapped_column(default="", server_default="")
    evidence_text: Mapped[str] = mapped_column(default="", server_default="")  # number, decision, name of the file
    evidence_document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    sla_round: Mapped[int] = mapped_column(default=0, server_default="0")  # how often its clock was started
    sla_started_at: Mapped[datetime | None]  # since when this round runs; None unless open
    sla_due_at: Mapped[datetime | None]  # when the target is used up; None while nobody knows
    # the same, or NEVER: an index orders lists by it, which it cannot by a column that may be empty
    clock_due_at: Mapped[datetime] = mapped_column(default=NEVER, server_default=NEVER_STORED)
    sla_risk_at: Mapped[datetime | None]  # from when on it is likely to be late
    version: Mapped[int] = mapped_column(default=1)

    @property
    def refusal(self) -> str:
        """Why it was refused, until it is decided again; "" unless it stands refused."""
        return self.note if self.state is TaskState.OPEN and self.evidence_text == REFUSED else ""
