"""Money that left or disappeared: what was taken out of payments, short payments written off, refunds, bank charges."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Model
from app.db.triggers import guard_table
from app.db.types import EnumText
from app.payments.rules_settling import DeductionCode, DeductionState, OutflowKind, RefundState


class PaymentOutflow(Model):
    """Money taken out of a payment; minor units. `undoes` names the outflow it takes back, with the amount negative."""

    __tablename__ = "payment_outflow"
    __table_args__ = (Index("ix_payment_outflow_payment", "payment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    kind: Mapped[OutflowKind] = mapped_column(EnumText(OutflowKind))
    amount: Mapped[int]
    effective_on: Mapped[date]
    undoes: Mapped[int | None] = mapped_column(ForeignKey("payment_outflow.id"), unique=True)
    reason: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class Deduction(Model):
    """So much of an instalment that a customer kept and we let go, once it is approved; minor units."""

    __tablename__ = "deduction"
    __table_args__ = (
        Index("ix_deduction_state", "state", "id"),
        Index("ix_deduction_invoice", "invoice_id"),
        CheckConstraint("amount > 0", name="positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"))
    instalment: Mapped[int]
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))  # the one that came short
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    currency: Mapped[str]
    amount: Mapped[int]
    code: Mapped[DeductionCode] = mapped_column(EnumText(DeductionCode))
    reason: Mapped[str]
    state: Mapped[DeductionState] = mapped_column(EnumText(DeductionState))
    wanted_on: Mapped[date]  # counts from here, or from the first day after on which so much was open
    effective_on: Mapped[date | None]
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    answer: Mapped[str] = mapped_column(default="")  # why it was refused or taken back
    version: Mapped[int] = mapped_column(default=1)

    taxes: Mapped[list["DeductionTax"]] = relationship(order_by="DeductionTax.position")

    __mapper_args__ = {"version_id_col": version}


class DeductionTax(Model):
    """The part of a deduction that lowers what was sold at one rate of tax; minor units."""

    __tablename__ = "deduction_tax"

    deduction_id: Mapped[int] = mapped_column(ForeignKey("deduction.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    category: Mapped[str]
    rate: Mapped[Decimal | None]
    net: Mapped[int]
    tax: Mapped[int]


class RefundFile(Model):
    """One file of credit transfers for the bank; its bytes are a document."""

    __tablename__ = "refund_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str]


class Refund(Model):
    """Money to be sent back out of a payment: proposed, approved by another person, exported, paid."""

    __tablename__ = "refund"
    __table_args__ = (
        Index("ix_refund_state", "state", "id"),
        Index("ix_refund_payment", "payment_id"),
        Index("ix_refund_iban", "iban"),
        Index("ix_refund_paid_by", "paid_by"),
        Index("ix_refund_returned_by", "returned_by"),
        Index("ix_refund_amount", "amount"),
        CheckConstraint("amount > 0", name="positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    currency: Mapped[str]
    amount: Mapped[int]
    beneficiary: Mapped[str]
    iban: Mapped[str]
    bic: Mapped[str] = mapped_column(default="")
    reason: Mapped[str]
    state: Mapped[RefundState] = mapped_column(EnumText(RefundState))
    outflow_id: Mapped[int | None] = mapped_column(ForeignKey("payment_outflow.id"), unique=True)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("refund_file.id"))
    paid_on: Mapped[date | None]
    paid_by: Mapped[str] = mapped_column(default="", server_default="")  # "line:12": the line of the bank that says so
    # "line:12": came back with this line of the bank; "also:12": it says so too, of one a person had marked
    returned_by: Mapped[str] = mapped_column(default="", server_default="")
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    answer: Mapped[str] = mapped_column(default="")  # why it was refused, cancelled or sent back
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class BankCharge(Model):
    """What the bank took, for a payment that came back or with a line of its own; minor units, less in what undoes."""

    __tablename__ = "bank_charge"
    __table_args__ = (
        Index("ix_bank_charge_charged_on", "charged_on", "id"),
        Index("ix_bank_charge_cause", "cause"),
        Index("ix_bank_charge_payment", "payment_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"))
    charged_on: Mapped[date]
    currency: Mapped[str]
    amount: Mapped[int]
    reason: Mapped[str]
    is_passed_on: Mapped[bool] = mapped_column(default=False)  # the customer is to bear it
    cause: Mapped[str] = mapped_column(default="", server_default="")  # "line:12": the line of the bank that took it
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


for _table in ("payment_outflow", "deduction_tax", "refund_file", "bank_charge"):
    guard_table(_table, message="settlements are append-only; undo is a new row")
