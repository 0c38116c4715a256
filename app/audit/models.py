"""The append-only trail: who did what to which object, and the seals that make tampering visible."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.triggers import guard_table
from app.db.types import CanonicalJson


class AuditEntry(Model):
    """One fact. It carries the ids of everything it concerns, so a timeline reads this table alone."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_object", "object_kind", "object_id", "id"),
        Index("ix_audit_entry_deal", "deal_id", "id"),
        Index("ix_audit_entry_order", "order_id", "id"),
        Index("ix_audit_entry_customer", "customer_id", "id"),
        Index("ix_audit_entry_invoice", "invoice_id", "id"),
        Index("ix_audit_entry_action_at", "action", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[int]
    deal_id: Mapped[int | None]
    order_id: Mapped[int | None]
    customer_id: Mapped[int | None]
    invoice_id: Mapped[int | None]
    detail: Mapped[dict[str, Any]] = mapped_column(CanonicalJson, default=dict)


class AuditSeal(Model):
    """A batch of entries under one digest that includes the digest before it."""

    __tablename__ = "audit_seal"

    id: Mapped[int] = mapped_column(primary_key=True)
    first_entry_id: Mapped[int] = mapped_column(unique=True)
    last_entry_id: Mapped[int] = mapped_column(unique=True)
    entries: Mapped[int]
    previous_digest: Mapped[str]
    digest: Mapped[str]
    sealed_at: Mapped[datetime]


guard_table("audit_entry", message="the audit trail is append-only")
guard_table("audit_seal", message="audit seals are append-only")
