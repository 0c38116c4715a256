"""Invoices and credit notes: drafts change, issued ones are frozen by the model's rules and by the database."""

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Connection, ForeignKey, Index, UniqueConstraint, event, inspect, select
from sqlalchemy.orm import Mapped, Mapper, mapped_column, object_session, relationship
from sqlalchemy.orm.util import identity_key

from app.db.base import Model
from app.db.triggers import guard_table
from app.db.types import CanonicalJson, EnumText, ScaledDecimal
from app.invoices.rules_reasons import reason_on_screen
from app.kernel.errors import RuleError


class IssuedIsFrozen(RuleError):
    """An issued invoice never changes. Credit it, then issue a new one."""


class InvoiceKind(enum.StrEnum):
    INVOICE = "invoice"  # EN 16931 BT-3: 380
    CREDIT_NOTE = "credit_note"  # 381, positive amounts


class Scope(enum.StrEnum):
    """What of its order an invoice asks for, and what of its invoice a credit note gives back."""

    WHOLE = "whole"  # all of it in one document
    PARTIAL = "partial"
    FINAL = "final"  # the rest, less deposits
    REST = "rest"  # what a correction left over after a final one
    DEPOSIT = "deposit"  # ahead of the goods; deducted later
    LINES = "lines"  # credited by quantity
    AMOUNT = "amount"  # credited by value; no quantity is free again


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
        Index("ix_invoice_kind", "kind", "id"),
        Index("ix_invoice_sequence", "sequence"),
        Index("ix_invoice_po_number", "po_number"),
        {"sqlite_autoincrement": True},  # the row number of a deleted draft is never given again
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[InvoiceKind] = mapped_column(EnumText(InvoiceKind))
    # active history: the guard below must know which state was stored
    state: Mapped[InvoiceState] = mapped_column(EnumText(InvoiceState), default=InvoiceState.DRAFT, active_history=True)
    origin: Mapped[str] = mapped_column(default="own")
    series: Mapped[str | None]
    period: Mapped[str | None]
    sequence: Mapped[int | None]
    number: Mapped[str | None]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"), index=True)
    original_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"))  # of a credit note
    reason: Mapped[str] = mapped_column(default="")  # of a credit note
    reason_code: Mapped[str] = mapped_column(default="", server_default="")
    scope: Mapped[Scope] = mapped_column(EnumText(Scope), default=Scope.WHOLE, server_default=Scope.WHOLE.value)
    title: Mapped[str] = mapped_column(default="", server_default="")  # of a milestone
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"), index=True)  # the invoice it corrects
    currency: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    delivered_on: Mapped[date | None]  # when the order was fulfilled (EN 16931 BT-72)
    # the period it is for (BT-73, BT-74), where there is more than one day
    service_from: Mapped[date | None]
    service_until: Mapped[date | None]
    # the period of a recurring plan: one document each
    recurring_period_id: Mapped[int | None] = mapped_column(ForeignKey("recurring_period.id"), unique=True)
    issued_on: Mapped[date | None]  # business date on the document
    issued_at: Mapped[datetime | None]
    issued_by: Mapped[str | None]
    payment_terms: Mapped[str] = mapped_column(default="")
    po_number: Mapped[str] = mapped_column(default="")
    buyer_reference: Mapped[str] = mapped_column(default="")
    tax_rounding: Mapped[str] = mapped_column(default="document")
    # of a draft: which other rates of the tax point somebody saw and did not want
    rates_kept: Mapped[str] = mapped_column(default="", server_default="")
    options: Mapped[dict[str, Any]] = mapped_column(CanonicalJson, default=dict)  # allowances, charges, prepaid...
    net_total: Mapped[int] = mapped_column(default=0)
    tax_total: Mapped[int] = mapped_column(default=0)
    gross_total: Mapped[int] = mapped_column(default=0)
    amount_due: Mapped[int] = mapped_column(default=0)
    # in the company's currency, where the document is in another: 1 of ours is `exchange_rate` of it
    company_currency: Mapped[str | None]
    exchange_rate: Mapped[Decimal | None] = mapped_column(ScaledDecimal(10))
    company_net_total: Mapped[int | None]
    company_tax_total: Mapped[int | None]
    company_gross_total: Mapped[int | None]
    due_on: Mapped[date | None]  # of the last instalment
    # large, and no list needs it: loaded when it is asked for
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(CanonicalJson, deferred=True)
    fingerprint: Mapped[str | None]  # sha256 of the snapshot's canonical JSON
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)

    @property
    def reason_shown(self) -> str:
        """The reason of a credit note as screens say it; the document says it in its own language."""
        return reason_on_screen(self.reason_code, self.reason, self.language)

    lines: Mapped[list["InvoiceLine"]] = relationship(
        back_populates="invoice",
        order_by="InvoiceLine.position",
        cascade="all, delete-orphan",
        foreign_keys="InvoiceLine.invoice_id",
    )
    taxes: Mapped[list["InvoiceTax"]] = relationship(order_by="InvoiceTax.position", cascade="all, delete-orphan")
    instalments: Mapped[list["Instalment"]] = relationship(order_by="Instalment.position", cascade="all, delete-orphan")


class InvoiceLine(Model):
    __tablename__ = "invoice_line"
    __table_args__ = (UniqueConstraint("invoice_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id"))
    position: Mapped[int]
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order_line.id"), index=True)
    # the order it belongs to, on an invoice over several orders
    order_id: Mapped[int | None] = mapped_column(ForeignKey("sales_order.id"), index=True)
    # of a credit note: the line it gives back
    original_line_id: Mapped[int | None] = mapped_column(ForeignKey("invoice_line.id"), index=True)
    # the deposit invoice this line deducts
    deposit_id: Mapped[int | None] = mapped_column(ForeignKey("invoice.id"), index=True)
    description: Mapped[str]
    quantity: Mapped[Decimal]
    unit: Mapped[str] = mapped_column(default="")
    base_quantity: Mapped[Decimal] = mapped_column(default=Decimal(1))
    unit_price: Mapped[Decimal]
    discount_percent: Mapped[Decimal] = mapped_column(default=Decimal(0))
    allowance: Mapped[int] = mapped_column(default=0)
    charge: Mapped[int] = mapped_column(default=0)
    taxes: Mapped[list[dict[str, Any]]] = mapped_column(CanonicalJson, default=list)
    tax_code: Mapped[str | None]
    net: Mapped[int] = mapped_column(default=0)
    tax: Mapped[int] = mapped_column(default=0)
    gross: Mapped[int] = mapped_column(default=0)

    invoice: Mapped[Invoice] = relationship(back_populates="lines", foreign_keys=[invoice_id])


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


def _was_issued(invoice: Invoice) -> bool:
    """Whether the stored row is issued, whatever the object says now."""
    history = inspect(invoice).attrs.state.load_history()
    return InvoiceState.ISSUED in (history.deleted or history.unchanged or ())


@event.listens_for(Invoice, "before_update")
@event.listens_for(Invoice, "before_delete")
def _refuse_changed_invoice(_mapper: Mapper[Invoice], _connection: Connection, invoice: Invoice) -> None:
    current = object_session(invoice)
    is_touched = (
        current is None or invoice in current.deleted or current.is_modified(invoice, include_collections=False)
    )
    if is_touched and _was_issued(invoice):
        raise IssuedIsFrozen


def _refuse_part_of_issued(
    _mapper: Mapper[Any], connection: Connection, part: InvoiceLine | InvoiceTax | Instalment
) -> None:
    current = object_session(part)
    invoice = part.__dict__.get("invoice")  # loaded, or being saved together with its lines
    if invoice is None and current is not None:
        invoice = current.identity_map.get(identity_key(Invoice, part.invoice_id))
    if invoice is not None:
        was_issued = _was_issued(invoice)
    else:
        state = connection.scalar(select(Invoice.state).where(Invoice.id == part.invoice_id))
        was_issued = state == InvoiceState.ISSUED
    if was_issued:
        raise IssuedIsFrozen


for _part in (InvoiceLine, InvoiceTax, Instalment):
    for _change in ("before_insert", "before_update", "before_delete"):
        event.listen(_part, _change, _refuse_part_of_issued)


def _of_issued(row: str) -> str:
    return f"(SELECT state FROM invoice WHERE id = {row}.invoice_id) = 'issued'"  # noqa: S608 - OLD or NEW


FROZEN = "an issued invoice is frozen; write a credit note"
guard_table("invoice", message=FROZEN, when="OLD.state = 'issued'")
for _table in ("invoice_line", "invoice_tax", "instalment"):
    # An update could also move a draft's part to an issued invoice
    guard_table(_table, message=FROZEN, on=("UPDATE",), when=f"{_of_issued('OLD')} OR {_of_issued('NEW')}")
    guard_table(_table, message=FROZEN, on=("DELETE",), when=_of_issued("OLD"))
    guard_table(_table, message=FROZEN, on=("INSERT",), when=_of_issued("NEW"))
