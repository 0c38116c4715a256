"""Keeps the accounts a journal names, and stores each export once: no entry twice, none forgotten."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select

from app.audit.services import record
from app.db.base import session
from app.documents.services import store_document
from app.kernel.errors import BadInput, Conflict
from app.ledger.services import lock_ledger
from app.payments.models_journal import JournalAccount, JournalExport
from app.payments.queries_journal import Prepared, read_accounts
from app.payments.rules_journal import Key, name_key

OWNER = "journal_export"
ACCOUNT = re.compile(r"[A-Za-z0-9./-]{0,20}")


class BadAccount(BadInput):
    """The account or tax key for {what} is not right: write at most 20 letters, digits, dots or dashes."""


class ExportedMeanwhile(Conflict):
    """Somebody exported the journal a moment ago. Look at the list of exports."""


def set_accounts(wanted: Mapping[Key, tuple[str, str]], *, actor: str, now: datetime) -> None:
    """(kind, reason) -> account and tax key; empty ones are taken away. Raises BadAccount."""
    before, _ = read_accounts()
    for key, (account, tax_key) in wanted.items():
        if not (ACCOUNT.fullmatch(account) and ACCOUNT.fullmatch(tax_key)):
            raise BadAccount(what=name_key(key), field=field_name(key))
        row = session().get(JournalAccount, key, with_for_update=True) or JournalAccount(kind=key[0], reason=key[1])
        row.account, row.tax_key = account, tax_key
        session().add(row)
    session().flush()
    after, _ = read_accounts()
    changes = {name_key(key): [before.get(key, ""), after.get(key, "")] for key in {*before, *after}}
    record(
        "journal.accounts_changed", actor=actor, now=now, object_kind="journal", object_id=0,
        changes={name: pair for name, pair in sorted(changes.items()) if pair[0] != pair[1]},
    )  # fmt: skip


def field_name(key: Key) -> str:
    return f"account-{key[0]}-{key[1]}"


def store_export(prepared: Prepared, *, actor: str, now: datetime) -> JournalExport:
    """Stores the file with its fingerprint. Raises ExportedMeanwhile."""
    lock_ledger()
    chosen = prepared.range
    if chosen.after is not None:
        last = select(func.max(JournalExport.up_to_position)).where(JournalExport.after_position.is_not(None))
        if (session().scalar(last) or 0) != chosen.after:
            raise ExportedMeanwhile
    export = JournalExport(
        after_position=chosen.after, up_to_position=chosen.up_to, since=chosen.since, until=chosen.until,
        layout=prepared.layout, entries=prepared.entries, vouchers=prepared.vouchers, totals=prepared.totals,
        sha256=hashlib.sha256(prepared.content).hexdigest(), exported_at=now, exported_by=actor,
    )  # fmt: skip
    session().add(export)
    session().flush()
    store_document(
        owner_kind=OWNER, owner_id=export.id, kind="csv", name=f"journal-{export.id:05d}-{prepared.layout}.csv",
        media_type="text/csv", content=prepared.content, now=now,
    )  # fmt: skip
    record(
        "journal.exported", actor=actor, now=now, object_kind="journal", object_id=export.id,
        entries=export.entries, totals=export.totals, sha256=export.sha256,
    )  # fmt: skip
    return export
