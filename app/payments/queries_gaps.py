"""Finds where a statement does not begin with what the one before it ended with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.db.base import session
from app.payments.models_bank import BankStatement, StatementPlace
from app.payments.queries_bank import list_statements
from app.payments.rules_gaps import Span, find_gap, say_gap, say_unchecked
from app.payments.statements.model import Format

MOST_CHECKED = 100  # statements of one file
LOOKED_BACK = 20
DURING_THE_DAY = (Format.CAMT_052, Format.CAMT_054)  # their balances are none of a day's end


def list_gaps(file_id: int) -> list[str]:
    """A sentence for each statement of an imported file, of the first hundred, before which one may be missing."""
    first = list_statements(file_id)[:MOST_CHECKED]
    own = [one for one in first if one.format not in DURING_THE_DAY and one.opening is not None]
    spans = [(one, span) for one in own if (span := _span(one)) is not None and not _goes_on_within(one)]
    found = [(one, find_gap(span, _list_others(one))) for one, span in spans]
    return [say_gap(one.opening or 0, gap, one.currency) for one, gap in found if gap is not None]


def list_unchecked(statements: Sequence[BankStatement]) -> list[str]:
    """A sentence for each balance that statements of a file lack. BAI2 has totals of its own, which were checked."""
    open_ended = [one for one in statements if one.adds_up is None and one.format is not Format.BAI2]
    lacking = Counter("closing" if one.closing is None else "opening" for one in open_ended)
    return [say_unchecked(balance, count, len(statements)) for balance, count in lacking.items()]


def _goes_on_within(own: BankStatement) -> bool:
    """Whether one of its entries stands in another that began no later: then nothing is missing between the two."""
    other, mine, theirs = BankStatement, aliased(StatementPlace), aliased(StatementPlace)
    shared = (
        select(theirs.id)
        .join(mine, mine.entry_id == theirs.entry_id)
        .join(other, other.id == theirs.statement_id)
        .where(mine.statement_id == own.id, other.id != own.id, other.since <= own.since)
        .where(other.format.not_in(DURING_THE_DAY))
        .limit(1)
    )
    return session().scalar(shared) is not None


def _list_others(own: BankStatement) -> list[Span]:
    """The latest of its account and currency that began no later."""
    other = BankStatement
    chosen = (
        select(other)
        .where(
            other.account == own.account,
            other.currency == own.currency,
            other.id != own.id,
            other.since <= own.since,
            other.format.not_in(DURING_THE_DAY),
            other.closing.is_not(None),
        )
        .order_by(other.until.desc(), other.id.desc())
        .limit(LOOKED_BACK)
    )
    return [span for one in session().scalars(chosen) if (span := _span(one)) is not None]


def _span(one: BankStatement) -> Span | None:
    if one.since is None or one.until is None or one.closing is None:
        return None
    return Span(one.since, one.until, one.opening, one.closing, (one.file_id, one.position))
