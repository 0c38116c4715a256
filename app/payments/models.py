"""Money that came in, and where it was put. Rows are never changed: undo is a new row."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.triggers import guard_table
from app.db.types import EnumText
from app.payments.rules_settling import PaymentKind


class Payment(Model):
    """Money received from a customer; minor units, always positive. That it bounced is another row."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("ix_payment_customer", "customer_id", "id"),
        Index("ix_payment_received_on", "received_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)  # PAY-2026-00001; a credit has its credit note's
    kind: Mapped[PaymentKind] = mapped_column(
        EnumText(PaymentKind), default=PaymentKind.MONEY, server_default=PaymentKind.MONEY.value
    )
    source: Mapped[str | None]  # "history", "bank", "credit_note", "transfer"
    external_id: Mapped[str | None]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    received_on: Mapped[date]
    currency: Mapped[str]
    amount: Mapped[int]
    remittance: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class PaymentReversal(Model):
    """A payment that turned out not to be one."""

    __tablename__ = "payment_reversal"

    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), primary_key=True)
    reversed_on: Mapped[date]
    reason: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class Allocation(Model):
    """A part of a payment put on an instalment; minor units. `undoes` names the allocation it takes back."""

    __tablename__ = "allocation"
    __table_args__ = (
        Index("ix_allocation_payment", "payment_id"),
        Index("ix_allocation_invoice", "invoice_id"),
        Index("ix_allocation_effective_on", "effective_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"))
    instalment: Mapped[int]
    amount: Mapped[int]  # negative in a row that undoes
    effective_on: Mapped[date]
    undoes: Mapped[int | None] = mapped_column(ForeignKey("allocation.id"), unique=True)
    reason: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


for _table in ("payment", "payment_reversal", "allocation"):
    guard_table(_table, message="payments are append-only; undo is a new row")
