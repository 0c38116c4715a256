"""Runs that issue many drafts: what was asked for, and how each draft stands."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.types import EnumText
from app.invoices.rules_runs import DraftState, RunState


class InvoiceRun(Model):
    """Many drafts issued with one date. `resumed_at` is when it was last set going."""

    __tablename__ = "invoice_run"
    __table_args__ = (Index("ix_invoice_run_state", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issued_on: Mapped[date]
    send: Mapped[bool] = mapped_column(default=True)
    state: Mapped[RunState] = mapped_column(EnumText(RunState), default=RunState.RUNNING)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    resumed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RunDraft(Model):
    """A draft of a run. `invoice_id` refers to nothing by force: a draft may be deleted while it waits."""

    __tablename__ = "invoice_run_draft"
    __table_args__ = (
        UniqueConstraint("run_id", "invoice_id"),
        Index("ix_invoice_run_draft_state", "run_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("invoice_run.id"))
    invoice_id: Mapped[int]
    state: Mapped[DraftState] = mapped_column(EnumText(DraftState), default=DraftState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)  # the fence of a claim
    lease_until: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]
