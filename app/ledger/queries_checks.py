"""Knows how the ledger is checked against itself; each query lists what is broken, nothing when all is well."""

from datetime import date

from sqlalchemy import Select, exists, func, select

from app.db.base import session
from app.ledger import queries_balance, queries_changes
from app.ledger.models import LedgerEntry, OpenItemSnapshot, OpenItemSnapshotRow
from app.ledger.queries_balance import Question


def list_broken_snapshots() -> list[tuple[date, str]]:
    """Month snapshots that differ from all the entries added up again: month's end and how many rows differ."""
    snapshots = select(OpenItemSnapshot).order_by(OpenItemSnapshot.month_end, OpenItemSnapshot.up_to_position)
    broken = []
    for snapshot in session().scalars(snapshots).all():
        question = Question(snapshot.month_end, snapshot.up_to_position)
        stored = {tuple(row) for row in session().execute(_rows_of(snapshot.id))}
        changes = set(queries_changes.list_stored_changes(snapshot.id)) ^ set(queries_changes.list_changes(snapshot))
        if differing := len(stored ^ {tuple(row) for row in queries_balance.list_sums(question)}) + len(changes):
            reason = f"{differing} rows differ from the entries up to {snapshot.up_to_position}"
            broken.append((snapshot.month_end, reason))
    return broken


def list_unmarked_late_entries() -> list[int]:
    """Positions of entries that reach behind a snapshot taken before them without being marked as late."""
    overtaken = exists().where(
        OpenItemSnapshot.month_end >= LedgerEntry.effective_on, OpenItemSnapshot.up_to_position < LedgerEntry.position
    )
    unmarked = select(LedgerEntry.position).where(~LedgerEntry.late, overtaken)
    return list(session().scalars(unmarked.order_by(LedgerEntry.position)))


def list_overdrawn_instalments() -> list[tuple[str, int, date, int]]:
    """(document, instalment, day, open) of instalments whose open amount was below zero at the end of some day."""
    entry = LedgerEntry
    daily = (
        select(entry.document, entry.instalment, entry.effective_on, func.sum(entry.amount).label("amount"))
        .where(entry.document.is_not(None))
        .group_by(entry.document, entry.instalment, entry.effective_on)
        .subquery()
    )
    running = func.sum(daily.c.amount).over(
        partition_by=(daily.c.document, daily.c.instalment), order_by=daily.c.effective_on
    )
    balances = select(daily.c.document, daily.c.instalment, daily.c.effective_on, running.label("open")).subquery()
    below = select(balances).where(balances.c.open < 0).order_by(*balances.c)
    return [(str(row[0]), int(row[1]), row[2], int(row[3])) for row in session().execute(below)]


def list_gaps() -> list[int]:
    """Positions that stand in the ledger although the one before does not."""
    before = LedgerEntry.__table__.alias("before")
    first = LedgerEntry.position > 1
    gaps = select(LedgerEntry.position).where(first, ~exists().where(before.c.position == LedgerEntry.position - 1))
    return list(session().scalars(gaps.order_by(LedgerEntry.position)))


def _rows_of(snapshot_id: int) -> Select[int, int, str, date | None, int]:
    row = OpenItemSnapshotRow
    return select(row.item, row.customer_id, row.currency, row.due_on, row.amount).where(row.snapshot_id == snapshot_id)
