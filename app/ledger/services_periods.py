"""Closes the books up to a day and opens them again; nothing that is posted meanwhile slips through."""

from datetime import date, datetime

from app.audit.services import record
from app.db.base import session
from app.kernel.errors import NotFound, RuleError
from app.kernel.texts import clean_line
from app.ledger.models_periods import ClosedPeriod
from app.ledger.queries_periods import closed_until
from app.ledger.rules_periods import require_closable
from app.ledger.services import lock_ledger, next_instant


class ClosingUnknown(NotFound):
    """There is no such closing."""


class NotTheNewest(RuleError):
    """Only the newest closing can be reopened. Reopen the later ones first."""


def close_period(up_to: date, reason: str, *, today: date, actor: str, now: datetime) -> ClosedPeriod:
    """Nothing can be dated up to that day from now on. Raises NotOverYet, ClosedAlready."""
    closed_at = next_instant(lock_ledger(), now)
    require_closable(up_to, closed_until(), today)
    reason = clean_line(reason, "reason")
    closing = ClosedPeriod(up_to=up_to, closed_at=closed_at, closed_by=actor, reason=reason)
    session().add(closing)
    session().flush()
    _note("closed", closing, reason, actor=actor, now=now)
    return closing


def reopen_period(closing_id: int, reason: str, *, actor: str, now: datetime) -> ClosedPeriod:
    """Lets the days of the newest closing be written again. Raises ClosingUnknown, NotTheNewest, BadInput."""
    lock_ledger()
    closing = session().get(ClosedPeriod, closing_id, populate_existing=True)
    if closing is None:
        raise ClosingUnknown
    if closing.reopened_at is not None or closing.up_to != closed_until():
        raise NotTheNewest
    closing.reopen_reason = clean_line(reason, "reason", required=True)
    closing.reopened_at, closing.reopened_by = now, actor
    _note("reopened", closing, closing.reopen_reason, actor=actor, now=now)
    return closing


def _note(what: str, closing: ClosedPeriod, reason: str, *, actor: str, now: datetime) -> None:
    record(
        f"period.{what}", actor=actor, now=now, object_kind="period", object_id=closing.id,
        up_to=closing.up_to.isoformat(), reason=reason,
    )  # fmt: skip
