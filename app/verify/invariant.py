"""Knows what an invariant is: one sentence that must be true, and one query that returns what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text

from app.db.base import Model, session

MOST_FINDINGS = 200


@dataclass(frozen=True)
class Finding:
    """One row that breaks an invariant: which object, and how."""

    what: str
    detail: str
    code: str = ""  # where one pass over the books serves several invariants


@dataclass(frozen=True)
class Invariant:
    """`code` as in the operators' handbook, `sentence` as a person reads it. `find` yields nothing while it holds."""

    code: str
    sentence: str
    find: Callable[[datetime], Iterable[Finding]]
    count: Callable[[], int] | None = None  # how many objects it looks at, where that is told


def count_of(model: type[Model]) -> Callable[[], int]:
    """For an invariant that looks at every row of this table."""
    return lambda: session().scalar(select(func.count()).select_from(model)) or 0


def by_query(code: str, sentence: str, sql: str) -> Invariant:
    """An invariant whose query returns (object, detail) for each row that breaks it. `:now` is an ISO instant."""

    def find(now: datetime) -> Iterable[Finding]:
        bound = {"now": now} if ":now" in sql else {}
        rows = session().execute(text(sql), bound)
        return [Finding(str(row[0]), str(row[1])) for row in rows.fetchmany(MOST_FINDINGS)]

    return Invariant(code, sentence, find)
