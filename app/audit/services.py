"""Writes the trail."""

from datetime import datetime
from typing import Any

from app.audit.models import AuditEntry
from app.db.base import session


def record(
    action: str,
    *,
    actor: str,
    now: datetime,
    object_kind: str,
    object_id: int,
    deal_id: int | None = None,
    order_id: int | None = None,
    customer_id: int | None = None,
    invoice_id: int | None = None,
    **detail: Any,
) -> AuditEntry:
    """Adds one entry in the caller's unit of work. `action` is object and past participle: "invoice.issued"."""
    entry = AuditEntry(
        at=now,
        actor=actor,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        deal_id=deal_id,
        order_id=order_id,
        customer_id=customer_id,
        invoice_id=invoice_id,
        detail=detail,
    )
    session().add(entry)
    return entry
