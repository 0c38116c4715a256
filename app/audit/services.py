"""Writes the trail, and seals it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from app.audit import queries
from app.audit.models import AuditEntry, AuditSeal
from app.audit.rules import FIRST_DIGEST, SEAL_SIZE, seal_digest
from app.db.base import session
from app.db.bulk import insert_rows


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


def record_many(
    action: str, facts: Iterable[Mapping[str, Any]], *, actor: str, now: datetime, object_kind: str
) -> None:
    """As `record`, for thousands: each of `facts` has object_id and what else the entry names."""
    rows = [
        {
            "at": now,
            "actor": actor,
            "action": action,
            "object_kind": object_kind,
            **{name: fact.get(name) for name in _IDS},
            "detail": {name: value for name, value in fact.items() if name not in _IDS},
        }
        for fact in facts
    ]
    insert_rows(AuditEntry, rows)


_IDS = ("object_id", "deal_id", "order_id", "customer_id", "invoice_id")


def seal_entries(now: datetime) -> int:
    """Seals every entry there is, in batches, each digest covering the one before. Returns how many were sealed."""
    _wait_for_writers()
    seal, sealed = queries.last_seal(), 0
    while (end := _end_of_batch(seal.last_entry_id if seal else 0)) is not None:
        seal = _seal_until(end, seal, now)
        sealed += seal.entries
    return sealed


def _seal_until(end: int, before: AuditSeal | None, now: datetime) -> AuditSeal:
    previous, position = (before.digest, before.last_entry_id) if before else (FIRST_DIGEST, 0)
    rows = queries.digest_rows(position, end)
    seal = AuditSeal(
        first_entry_id=rows[0][0],
        last_entry_id=end,
        entries=len(rows),
        previous_digest=previous,
        digest=seal_digest(previous, rows),
        sealed_at=now,
    )
    session().add(seal)
    session().flush()
    return seal


def _end_of_batch(after: int) -> int | None:
    batch = select(AuditEntry.id).where(AuditEntry.id > after).order_by(AuditEntry.id).limit(SEAL_SIZE)
    ids = session().scalars(batch).all()
    return ids[-1] if ids else None


def _wait_for_writers() -> None:
    """On PostgreSQL an entry with a lower id may commit later: no writer may be under way while we seal."""
    current = session()
    current.flush()
    if current.get_bind().dialect.name == "postgresql":
        current.execute(text("LOCK TABLE audit_entry IN SHARE MODE"))
