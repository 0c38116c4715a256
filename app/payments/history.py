"""Brings customers, invoices and payments of an earlier system in, all of them or none; again changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.company.queries import find_zone
from app.db.bulk import expect_many_rows
from app.kernel.clock import business_today
from app.ledger.queries_periods import closed_until
from app.ledger.rules import month_end_before
from app.ledger.services import ensure_snapshots
from app.payments.history_plan import Plan
from app.payments.history_plan_payments import plan_history
from app.payments.history_store import store_plan
from app.payments.rules_history import Problem, parse_history


@dataclass(frozen=True, slots=True)
class HistoryImport:
    """What became of the files."""

    plan: Plan
    is_imported: bool
    snapshots: int = 0


def import_history(
    files: Sequence[tuple[str, bytes]],
    *,
    unread: Sequence[tuple[str, str]] = (),
    dry_run: bool = False,
    is_strict: bool = False,
    actor: str,
    now: datetime,
) -> HistoryImport:
    """Imports (name, content) files, recognised by their first lines, unless a row is rejected or it is a dry run.

    `unread` are files that could not be opened, each with the reason: the others are read and judged all the same.
    Rows that were imported before are left alone. Doubtful ones are taken and shown, `is_strict` refuses them. Runs in
    the caller's unit of work.
    """
    today = business_today(now, find_zone() or "UTC")
    parsed = parse_history(files)
    parsed.problems += [Problem(name, 0, "", (reason,)) for name, reason in unread]
    plan = plan_history(parsed, today, closed=closed_until(), is_strict=is_strict)
    if dry_run or not plan.is_possible:
        return HistoryImport(plan, is_imported=False)
    expect_many_rows()
    store_plan(plan, today, actor=actor, now=now)
    return HistoryImport(plan, is_imported=True, snapshots=ensure_snapshots(month_end_before(today), now))
