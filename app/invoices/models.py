"""Invoices and credit notes: drafts change, issued ones are frozen by the model's rules and by the database."""

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.base import Model
from app.db.triggers import guard_table
from app.db.types import CanonicalJson, EnumText


class InvoiceKind(enum.StrEnum):
    INVOICE = "invoice"  # EN 16931 BT-3: 380
    CREDIT_NOTE = "credit_note"  # 381, positive amounts


class InvoiceState(enum.StrEnum):
    DRAFT = "draft"
    ISSUED = "issued"


class Invoice(Model):
    """An invoice or credit note. Amounts are minor units of `currency`.

    `snapshot` is everything the document says (parties, lines, terms, totals), taken at issue; the PDF and the
    e-invoice are derived from it alone. `origin` is "own", or "history" for documents of an earlier system, which
    keep their numbers and stand outside our series.
    """

    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("series", "period", "sequence"),
        UniqueConstraint("origin", "number"),
        CheckConstraint("(state = 'issued') = (number IS NOT NULL)", name="number_when_issued"),
        Index("ix_invoice_customer", "customer_id", "id"),
        Index("ix_invoice_state", "state", "id"),
        Index("ix_invoice_issued_on", "issued_on", "id"),
        Index("ix_invoice_original", "original_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[InvoiceKind] = mapped_column(EnumText(InvoiceKind))
    state: Mapped[InvoiceState] = mapped_column(EnumText(InvoiceState), default=InvoiceState.DRAFT)
    origin: Mapped[str] = mapped_column(default="own")
    series: Mapped[str | None]
    period: Mapped[str | None]
    sequence: Mapped[int | None]
    number: Mapped[str | None]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"), index=True)
    original_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"))  # of a credit note
    reason: Mapped[str] = mapped_column(default="")  # of a credit note
    currency: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    issued_on: Mapped[date | None]  # business date on the document
    issued_at: Mapped[datetime | None]
    issued_by: Mapped[str | None]
    payment_terms: Mapped[str] = mapped_column(default="")
    po_number: Mapped[str] = mapped_column(default="")
    buyer_reference: Mapped[str] = mapped_column(default="")
    tax_rounding: Mapped[str] = mapped_column(default="document")
    options: Mapped[dict[str, Any]] = mapped_column(CanonicalJson, default=dict)  # allowances, charges, prepaid...
    net_total: Mapped[int] = mapped_column(default=0)
    tax_total: Mapped[int] = mapped_column(default=0)
    gross_total: Mapped[int] = mapped_column(default=0)
    amount_due: Mapped[int] = mapped_column(default=0)
    due_on: Mapped[date | None]  # of the last instalment
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(CanonicalJson)
    fingerprint: Mapped[str | None]  # sha256 of the snapshot's canonical JSON
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)

    lines: Mapped[list["InvoiceLine"]] = relationship(back_populates="invoice", order_by="InvoiceLine.position")
    taxes: Mapped[list["InvoiceTax"]] = relationship(order_by="InvoiceTax.position")
    instalments: Mapped[list["Instalment"]] = relationship(order_by="Instalment.position")


class InvoiceLine(Model):
    __tablename__ = "invoice_line"
    __table_args__ = (UniqueConstraint("invoice_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"))
    position: Mapped[int]
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order_line.id"), index=True)
    description: Mapped[str]
    quantity: Mapped[Decimal]
    unit: Mapped[str] = mapped_column(default="")
    base_quantity: Mapped[Decimal] = mapped_column(default=Decimal(1))
    unit_price: Mapped[Decimal]
    discount_percent: Mapped[Decimal] = mapped_column(default=Decimal(0))
    allowance: Mapped[int] = mapped_column(default=0)
    charge: Mapped[int] = mapped_column(default=0)
    taxes: Mapped[list[dict[str, Any]]] = mapped_column(CanonicalJson, default=list)
    net: Mapped[int] = mapped_column(default=0)
    tax: Mapped[int] = mapped_column(default=0)
    gross: Mapped[int] = mapped_column(default=0)

    invoice: Mapped[Invoice] = relationship(back_populates="lines")


class InvoiceTax(Model):
    """One row of the tax breakdown (EN 16931 BG-23)."""

    __tablename__ = "invoice_tax"
    __table_args__ = (UniqueConstraint("invoice_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"))
    position: Mapped[int]
    name: Mapped[str]
    category: Mapped[str]
    rate: Mapped[Decimal | None]
    per_unit: Mapped[Decimal | None]
    base: Mapped[int]
    tax: Mapped[int]
    reason: Mapped[str] = mapped_column(default="")


class Instalment(Model):
    __tablename__ = "instalment"
    __table_args__ = (UniqueConstraint("invoice_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"))
    position: Mapped[int]
    due_on: Mapped[date]
    amount: Mapped[int]


def _of_issued(row: str) -> str:
    return f"(SELECT state FROM invoice WHERE id = {row}.invoice_id) = 'issued'"


guard_table("invoice", message="an issued invoice is frozen; write a credit note", when="OLD.state = 'issued'")
for _table in ("invoice_line", "invoice_tax", "instalment"):
    guard_table(_table, message="an issued invoice is frozen; write a credit note", when=_of_issued("OLD"))
    guard_table(
        _table, message="an issued invoice is frozen; write a credit note", on=("INSERT",), when=_of_issued("NEW")
    )
