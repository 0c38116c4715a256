"""Knows what must be true of bytes, seals, accounts, jobs and the database itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import aliased

from app.auth.models import User, UserSession
from app.auth.rules import Role
from app.company.queries import is_quarantined
from app.db.base import db, is_sqlite, session
from app.db.slots import Slot, SlotState
from app.db.types import canonical_json
from app.documents.models import Document, DocumentContent, DocumentRequest
from app.invoices.models import Invoice, InvoiceState
from app.kernel.money import format_decimal, is_currency
from app.ledger import queries_checks
from app.outbox.models import Message
from app.outbox.rules import MessageState
from app.reports.models import MisReport
from app.verify.invariant import Finding, Invariant

LEASE_GRACE = timedelta(seconds=60)
SLOT_GRACE = timedelta(minutes=30)
ROWS_AT_ONCE = 500
SAID_AS_IT_IS = ("number", "series", "period", "sequence", "kind", "currency", "issued_on", "due_on")
SAID_IN_MAJOR_UNITS = ("net_total", "tax_total", "gross_total", "amount_due")


def find_changed_snapshots(_now: datetime) -> Iterable[Finding]:
    """I11: sha256 over the canonical snapshot, which says the same as the columns people filter and add by."""
    columns = [getattr(Invoice, name) for name in (*SAID_AS_IT_IS, *SAID_IN_MAJOR_UNITS, "snapshot", "fingerprint")]
    issued = select(*columns).where(Invoice.state == InvoiceState.ISSUED, Invoice.origin == "own")
    for row in session().execute(issued.execution_options(yield_per=ROWS_AT_ONCE)):
        digest = hashlib.sha256(canonical_json(row.snapshot).encode()).hexdigest()
        if digest != row.fingerprint:
            yield Finding(row.number, f"fingerprint {row.fingerprint}, snapshot {digest}")
        elif differing := [name for name, stored, said in _said(row) if stored != said]:
            yield Finding(row.number, f"the document says otherwise: {', '.join(differing)}")


def _said(row: Any) -> Iterator[tuple[str, str, str]]:
    """Each column as it stands beside the document, and as the document says it."""
    for name in SAID_AS_IT_IS:
        yield name, str(getattr(row, name)), str(row.snapshot.get(name))
    for name in SAID_IN_MAJOR_UNITS if is_currency(row.currency) else ():
        yield name, format_decimal(getattr(row, name), row.currency), str(row.snapshot.get("totals", {}).get(name))


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


def find_foreign_einvoices(_now: datetime) -> Iterable[Finding]:
    """I13: of this invoice's fingerprint, and the same bytes as those inside the PDF, which was read after drawing."""
    paper = aliased(Document)
    is_paper = (paper.owner_kind == "invoice") & (paper.owner_id == Invoice.id) & (paper.kind == "pdf")
    is_xml = (Document.owner_kind == "invoice") & (Document.owner_id == Invoice.id) & Document.kind.in_(("xml", "ubl"))
    rows = session().execute(
        select(
            Invoice.number,
            Invoice.fingerprint,
            paper.facts.label("said"),
            Document.kind,
            Document.sha256,
            Document.facts,
        )
        .join(paper, is_paper, isouter=True)
        .join(Document, is_xml, isouter=True)
        .where(Invoice.origin == "own", paper.id.is_not(None) | Document.id.is_not(None))
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    inside: dict[str, str] = {}
    stored: dict[str, str] = {}
    for row in rows:
        if row.kind and row.facts.get("fingerprint") != row.fingerprint:
            yield Finding(row.number, "its e-invoice is of another fingerprint")
        if row.said and row.said.get("xml"):
            inside[row.number] = row.said["xml"]
        if row.kind == "xml":
            stored[row.number] = row.sha256
    for number, sha256 in inside.items():
        if stored.get(number) != sha256:
            yield Finding(number, "the e-invoice inside its PDF is not the stored one")


def find_changed_ledger_snapshots(_now: datetime) -> Iterable[Finding]:
    """I24: a month snapshot is what adding up every entry gives, as known when it was taken."""
    return [Finding(f"snapshot of {month}", how) for month, how in queries_checks.list_broken_snapshots()]


def find_unmarked_late_entries(_now: datetime) -> Iterable[Finding]:
    """I24: what reaches behind a snapshot has to say so, or no question about that month would find it."""
    return [
        Finding(f"entry {position}", "reaches behind a month snapshot that was taken before it, and is not marked")
        for position in queries_checks.list_unmarked_late_entries()
    ]


def find_ledger_gaps(_now: datetime) -> Iterable[Finding]:
    """I24: positions are drawn in the transaction that posts, so none is ever missing."""
    return [Finding(f"entry {position}", "the entry in front of it is gone") for position in queries_checks.list_gaps()]


def find_overdrawn_instalments(_now: datetime) -> Iterable[Finding]:
    """I19: the sum may be right today and wrong on a day before."""
    return [
        Finding(document, f"instalment {instalment} open {amount} on {day}")
        for document, instalment, day, amount in queries_checks.list_overdrawn_instalments()
    ]


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
    """I37; I38: somebody can administrate, and nobody who was shut out is still signed in."""
    for email, password in session().execute(select(User.email, User.password)):
        if password and not password.startswith("$argon2id$"):
            yield Finding(email, "the password is not hashed by argon2id")
    people = session().scalar(select(func.count()).select_from(User)) or 0
    admins = select(func.count()).select_from(User).where(User.active, User.role == Role.ADMIN)
    if people and not session().scalar(admins):
        yield Finding("accounts", "no active administrator is left", "I38")
    still_in = select(User.email).join(UserSession).where(~User.active, UserSession.ended_at.is_(None)).distinct()
    for email in session().scalars(still_in):
        yield Finding(email, "shut out, but still signed in somewhere", "I38")


def find_stale_leases(now: datetime) -> Iterable[Finding]:
    """I28. While a restored copy waits for a person, nothing is meant to move."""
    if is_quarantined():
        return []
    held = (MessageState.CLAIMED, MessageState.DATA_STARTED)
    stale = select(Message.id, Message.lease_until).where(
        Message.state.in_(held), Message.lease_until < now - LEASE_GRACE
    )
    return [Finding(f"message {row.id}", f"its lease ended at {row.lease_until}") for row in session().execute(stale)]


def find_forgotten_slots(now: datetime) -> Iterable[Finding]:
    """I31: a slot is finished, or visibly failed, half an hour after it was due; in quarantine no job runs."""
    if is_quarantined():
        return []
    forgotten = select(Slot.job, Slot.local_time, Slot.state).where(
        Slot.state.in_((SlotState.DUE, SlotState.CLAIMED)), Slot.due_at < now - SLOT_GRACE, Slot.error.is_(None)
    )
    return [Finding(f"{row.job} {row.local_time}", f"still {row.state}") for row in session().execute(forgotten)]


def find_engine_damage(_now: datetime) -> Iterable[Finding]:
    """I40: the engine's own check."""
    if is_sqlite(db.engine):
        damage = [str(row[0]) for row in session().execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
        orphans = [f"{row[0]} row {row[1]}" for row in session().execute(text("PRAGMA foreign_key_check"))]
        return [Finding("database", one) for one in damage] + [Finding(one, "its parent is gone") for one in orphans]
    unfit = session().execute(text(UNFIT_IN_POSTGRESQL))
    return [Finding(row[0], row[1]) for row in unfit]


# What the server knows it does not vouch for: a broken index, a constraint that was never checked or is switched off
UNFIT_IN_POSTGRESQL = """
    SELECT CAST(indexrelid AS regclass)::text, 'this index cannot be used' FROM pg_index
    WHERE NOT indisvalid OR NOT indisready
    UNION ALL
    SELECT conname, 'not every row was checked against this constraint' FROM pg_constraint WHERE NOT convalidated
    UNION ALL
    SELECT tgname, 'this trigger is switched off' FROM pg_trigger WHERE tgenabled IN ('D', 'R')
"""


def find_schema_faults(_now: datetime) -> Iterable[Finding]:
    """I42: tables, columns, indexes and guards are those of this version."""
    from app.db.upgrade import list_differences

    return [Finding("schema", difference) for difference in list_differences(session().connection())]


STORAGE = (
    Invariant("I11", "An issued document's snapshot is what its fingerprint says.", find_changed_snapshots),
    Invariant("I13", "Every stored file has the bytes of its fingerprint.", find_changed_bytes),
    Invariant("I39", "Every document has its bytes, all of them.", find_documents_without_bytes),
    Invariant("I13", "Every issued invoice has its PDF stored or asked for.", find_invoices_without_paper),
    Invariant("I13", "Every e-invoice is of its invoice, and the one inside the PDF.", find_foreign_einvoices),
    Invariant("I24", "Every month snapshot equals the entries added up.", find_changed_ledger_snapshots),
    Invariant("I24", "Every entry that reaches behind a month snapshot is marked as late.", find_unmarked_late_entries),
    Invariant("I24", "Ledger positions run without a gap.", find_ledger_gaps),
    Invariant("I19", "On no day was less than nothing open of an instalment.", find_overdrawn_instalments),
    Invariant("I28", "No message is held by a worker that went silent.", find_stale_leases),
    Invariant("I31", "Every due slot ran, or says why not, within half an hour.", find_forgotten_slots),
    Invariant("I32", "Every delivered report still has the figures of its fingerprint.", find_changed_reports),
    Invariant("I37", "Passwords are hashed by argon2id, and somebody can administrate.", find_weak_accounts),
    Invariant("I40", "The database engine finds no damage.", find_engine_damage),
    Invariant("I42", "All tables, indexes and guards are those of this version.", find_schema_faults),
)
