"""Sets two lines of the bank aside that take each other back, and takes both up again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.audit.services import record
from app.company.queries import business_today
from app.db.base import session
from app.kernel.errors import RuleError
from app.payments.models_bank import LineState, StatementEntry, StatementLine
from app.payments.queries_cash import get_line
from app.payments.rules_cash import require_booked
from app.payments.services_cash import LineChanged, LineNotAside, LineNotOpen

TAKEN_BACK = "Taken back by the bank"


class NotTheOtherWay(RuleError):
    """These two lines do not take each other back: it needs the same amount and account, and one that is a return."""


def cancel_lines(line_id: int, *, other_id: int, version: int, actor: str, now: datetime) -> StatementLine:
    """The bank took the one back with the other, so neither is anybody's payment.

    Raises LineUnknown, LineNotOpen, LineChanged, NotBookedYet, NotTheOtherWay.
    """
    line, other = _hold_both(line_id, other_id)
    if {line.state, other.state} != {LineState.OPEN}:
        raise LineNotOpen
    if line.version != version:
        raise LineChanged
    entries = [session().get_one(StatementEntry, one.entry_id) for one in (line, other)]
    for entry in entries:
        require_booked(entry.booked_on, business_today(now))
    _require_opposite((line, other), entries)
    for one, twin, entry in zip((line, other), (other, line), reversed(entries), strict=True):
        one.ignored_reason = f"{TAKEN_BACK}, with a line of {entry.booked_on.isoformat()}"
        _pair(one, twin.id, LineState.IGNORED)
        _note("set_aside", one, entry.currency, actor=actor, now=now, reason=one.ignored_reason)
    return line


def take_up_both(line_id: int, *, version: int, actor: str, now: datetime) -> StatementLine:
    """Both lines are open again. Raises LineUnknown, LineNotAside, LineChanged."""
    other_id = get_line(line_id).paired_with
    if other_id is None:
        raise LineNotAside
    line, other = _hold_both(line_id, other_id)
    if line.paired_with != other.id or line.version != version:
        raise LineChanged
    for one in (line, other):
        one.ignored_reason, one.proposed_at = "", None
        _pair(one, None, LineState.OPEN)
        entry = session().get_one(StatementEntry, one.entry_id)
        _note("taken_up", one, entry.currency, actor=actor, now=now)
    return line


def _hold_both(line_id: int, other_id: int) -> tuple[StatementLine, StatementLine]:
    """In the order of their ids, so that two people who begin at either end do not wait for each other."""
    held = {one: get_line(one, held=True) for one in sorted({line_id, other_id})}
    return held[line_id], held[other_id]


def _require_opposite(lines: tuple[StatementLine, StatementLine], entries: list[StatementEntry]) -> None:
    returns = [bool(line.return_reason) or entry.is_reversal for line, entry in zip(lines, entries, strict=True)]
    places = {(entry.account, entry.currency) for entry in entries}
    if lines[0].amount + lines[1].amount or not lines[0].amount or len(places) > 1 or sum(returns) != 1:
        raise NotTheOtherWay


def _pair(line: StatementLine, other_id: int | None, state: LineState) -> None:
    line.paired_with, line.state, line.refusal, line.version = other_id, state, "", line.version + 1
    session().flush()


def _note(what: str, line: StatementLine, currency: str, *, actor: str, now: datetime, **more: Any) -> None:
    record(
        f"bank_line.{what}", actor=actor, now=now, object_kind="bank_line", object_id=line.id, amount=line.amount,
        currency=currency, **more,
    )  # fmt: skip
