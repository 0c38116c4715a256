"""Knows what must be true of bytes, seals, accounts, jobs and the database itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, inspect, select, text

from app.audit.queries import broken_seals
from app.auth.models import User
from app.auth.rules import Role
from app.db.base import db, is_sqlite, session
from app.db.schema import load_models
from app.db.slots import Slot, SlotState
from app.db.triggers import list_guards
from app.db.types import canonical_json
from app.documents.models import Document, DocumentContent, DocumentRequest
from app.invoices.models import Invoice, InvoiceState
from app.ledger.models import OpenItemSnapshot, OpenItemSnapshotRow
from app.ledger.queries_balance import Question, list_sums
from app.outbox.models import Message
from app.outbox.rules import MessageState
from app.reports.models import MisReport
from app.verify.invariant import Finding, Invariant, by_query

LEASE_GRACE = timedelta(seconds=60)
SLOT_GRACE = timedelta(minutes=30)
ROWS_AT_ONCE = 500


def find_changed_snapshots(_now: datetime) -> Iterable[Finding]:
    """I11: sha256 over the canonical snapshot, which in turn repeats the columns people filter and add by."""
    columns = (
        Invoice.number, Invoice.snapshot, Invoice.fingerprint, Invoice.gross_total, Invoice.net_total,
        Invoice.tax_total, Invoice.amount_due, Invoice.currency, Invoice.issued_on,
    )  # fmt: skip
    issued = select(*columns).where(Invoice.state == InvoiceState.ISSUED, Invoice.origin == "own")
    for row in session().execute(issued.execution_options(yield_per=ROWS_AT_ONCE)):
        digest = hashlib.sha256(canonical_json(row.snapshot).encode()).hexdigest()
        if digest != row.fingerprint:
            yield Finding(row.number, f"fingerprint {row.fingerprint}, snapshot {digest}")


def find_changed_bytes(_now: datetime) -> Iterable[Finding]:
    """I13, I39: read each stored file once and compare."""
    contents = select(DocumentContent.sha256, DocumentContent.content).execution_options(yield_per=50)
    for sha256, content in session().execute(contents):
        digest = hashlib.sha256(content).hexdigest()
        if digest != sha256:
            yield Finding(f"document {sha256[:16]}", f"its bytes are {digest[:16]}")


def find_documents_without_bytes(_now: datetime) -> Iterable[Finding]:
    rows = session().execute(
        select(Document.id, Document.name, Document.byte_size, func.length(DocumentContent.content))
        .join(DocumentContent, DocumentContent.sha256 == Document.sha256, isouter=True)
        .where((DocumentContent.sha256.is_(None)) | (func.length(DocumentContent.content) != Document.byte_size))
    )
    return [Finding(f"document {row[0]} {row[1]}", f"{row[2]} bytes, stored {row[3]}") for row in rows]


def find_invoices_without_paper(_now: datetime) -> Iterable[Finding]:
    """I13: the PDF is stored, or asked for and on its way; never forgotten."""
    rows = session().execute(
        select(Invoice.number)
        .join(
            Document,
            (Document.owner_kind == "invoice") & (Document.owner_id == Invoice.id) & (Document.kind == "pdf"),
            isouter=True,
        )
        .join(
            DocumentRequest,
            (DocumentRequest.owner_kind == "invoice")
            & (DocumentRequest.owner_id == Invoice.id)
            & (DocumentRequest.kind == "pdf"),
            isouter=True,
        )
        .where(
            Invoice.state == InvoiceState.ISSUED,
            Invoice.origin == "own",
            Document.id.is_(None),
            DocumentRequest.id.is_(None),
        )
        .limit(ROWS_AT_ONCE)
    )
    return [Finding(row.number, "no PDF, and nobody asked for it") for row in rows]


def find_broken_seals(_now: datetime) -> Iterable[Finding]:
    return [Finding(f"seal {broken.seal_id}", broken.reason) for broken in broken_seals()]


def find_changed_ledger_snapshots(_now: datetime) -> Iterable[Finding]:
    """I24: a month snapshot is what adding up every entry gives, as known when it was taken."""
    snapshots = session().scalars(select(OpenItemSnapshot).order_by(OpenItemSnapshot.id)).all()
    for snapshot in snapshots:
        rows = session().scalars(select(OpenItemSnapshotRow).where(OpenItemSnapshotRow.snapshot_id == snapshot.id))
        stored = {(row.item, row.customer_id, row.currency): row.amount for row in rows}
        sums = list_sums(Question(snapshot.month_end, snapshot.up_to_position))
        added_up = {(row[0], row[1], row[2]): int(row[3]) for row in sums}
        for key in sorted(stored.keys() | added_up.keys()):
            if stored.get(key, 0) != added_up.get(key, 0):
                yield Finding(
                    f"snapshot of {snapshot.month_end}",
                    f"{key}: {stored.get(key, 0)}, added up {added_up.get(key, 0)}",
                )


def find_changed_reports(_now: datetime) -> Iterable[Finding]:
    """I32: the figures are those of the fingerprint, and each report carries the one before it."""
    before = ""
    for report in session().scalars(select(MisReport).order_by(MisReport.id)):
        digest = hashlib.sha256(canonical_json(report.figures).encode()).hexdigest()
        if digest != report.sha256:
            yield Finding(f"report of {report.on}", f"figures {digest[:16]}, fingerprint {report.sha256[:16]}")
        if report.previous_sha256 and report.previous_sha256 not in before:
            yield Finding(f"report of {report.on}", "the report it follows is not there")
        before += f" {report.sha256}"


def find_weak_accounts(_now: datetime) -> Iterable[Finding]:
    """I37, I38."""
    for email, password in session().execute(select(User.email, User.password)):
        if password and not password.startswith("$argon2id$"):
            yield Finding(email, "the password is not hashed by argon2id")
    people = session().scalar(select(func.count()).select_from(User)) or 0
    admins = select(func.count()).select_from(User).where(User.active, User.role == Role.ADMIN)
    if people and not session().scalar(admins):
        yield Finding("accounts", "no active administrator is left")


def find_stale_leases(now: datetime) -> Iterable[Finding]:
    """I28."""
    held = (MessageState.CLAIMED, MessageState.DATA_STARTED)
    stale = select(Message.id, Message.lease_until).where(
        Message.state.in_(held), Message.lease_until < now - LEASE_GRACE
    )
    return [Finding(f"message {row.id}", f"its lease ended at {row.lease_until}") for row in session().execute(stale)]


def find_forgotten_slots(now: datetime) -> Iterable[Finding]:
    """I31: a slot is finished, or visibly failed, half an hour after it was due."""
    forgotten = select(Slot.job, Slot.local_time, Slot.state).where(
        Slot.state.in_((SlotState.DUE, SlotState.CLAIMED)), Slot.due_at < now - SLOT_GRACE, Slot.error.is_(None)
    )
    return [Finding(f"{row.job} {row.local_time}", f"still {row.state}") for row in session().execute(forgotten)]


def find_engine_damage(_now: datetime) -> Iterable[Finding]:
    """I40: the engine's own check."""
    if not is_sqlite(db.engine):
        return []
    damage = [str(row[0]) for row in session().execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
    orphans = [f"{row[0]} row {row[1]}" for row in session().execute(text("PRAGMA foreign_key_check"))]
    return [Finding("database", one) for one in damage] + [Finding(one, "its parent is gone") for one in orphans]


def find_missing_guards(_now: datetime) -> Iterable[Finding]:
    """I42: tables and guards of this version are there."""
    load_models()
    connection = session().connection()
    tables = set(inspect(connection).get_table_names())
    missing = [Finding(f"table {name}", "missing") for name in sorted(set(db.metadata.tables) - tables)]
    catalogue = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if is_sqlite(db.engine)
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    present = {row[0] for row in connection.execute(text(catalogue))}
    return missing + [
        Finding(f"guard {guard.name}", "missing or switched off")
        for guard in list_guards()
        if guard.name not in present
    ]


STORAGE = (
    Invariant("I11", "An issued document's snapshot is what its fingerprint says.", find_changed_snapshots),
    Invariant("I13", "Every stored file has the bytes of its fingerprint.", find_changed_bytes),
    Invariant("I39", "Every document has its bytes, all of them.", find_documents_without_bytes),
    Invariant("I13", "Every issued invoice has its PDF stored or asked for.", find_invoices_without_paper),
    Invariant("I24", "Every month snapshot equals the entries added up.", find_changed_ledger_snapshots),
    Invariant("I28", "No message is held by a worker that went silent.", find_stale_leases),
    Invariant("I31", "Every due slot ran, or says why not, within half an hour.", find_forgotten_slots),
    Invariant("I32", "Every delivered report still has the figures of its fingerprint.", find_changed_reports),
    Invariant("I35", "The audit trail is as it was sealed.", find_broken_seals),
    by_query(
        "I36",
        "Every payment and allocation has its entry in the trail.",
        """
        SELECT 'payment ' || p.number, 'no entry' FROM payment p
        WHERE COALESCE(p.source, '') <> 'history'
          AND NOT EXISTS (SELECT 1 FROM audit_entry a WHERE a.object_kind = 'payment' AND a.object_id = p.id)
        """,
    ),
    Invariant("I37", "Passwords are hashed by argon2id, and somebody can administrate.", find_weak_accounts),
    Invariant("I40", "The database engine finds no damage.", find_engine_damage),
    Invariant("I42", "All tables and guards of this version are in place.", find_missing_guards),
)
