"""Knows what was open on any date, as it was known at any moment.

A date in the past is answered from the newest month snapshot that was known then, plus the entries since: those
effective after the month's end, and the late ones that reached back behind it. Without a usable snapshot all entries
up to the date are added up. Both ways give the same rows; only the time differs.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import repeat
from typing import Any, NamedTuple

from sqlalchemy import Executable, Select, func, select
from sqlalchemy.orm import aliased

from app.db.base import session
from app.db.statements import in_chunks
from app.ledger import queries_balance
from app.ledger.models import EntryKind, LedgerEntry, OpenItemSnapshot
from app.ledger.queries_balance import Question
from app.ledger.rules import Change, month_ends

# So many late entries make another snapshot of a month cheaper than adding them up each time
MOST_LATE_ENTRIES = 1000
MOST_MONTHS = 120
MENTIONS = 3  # of a customer in the statement: in the snapshot, since, and late


class OpenItem(NamedTuple):
    """One instalment that is not settled; `open` in minor units."""

    customer_id: int
    currency: str
    document: str
    instalment: int
    due_on: date
    open: int


class OnAccount(NamedTuple):
    """What a customer has on account; negative where it has money with us. Minor units."""

    customer_id: int
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class Balances:
    """Everything that made up the receivable at a date."""

    open_items: list[OpenItem]
    on_account: list[OnAccount]


@dataclass(slots=True)
class Timeline:
    """All changes of one instalment; `item` is the position of the entry that issued it."""

    item: int
    customer_id: int
    currency: str
    due_on: date
    issued_on: date
    changes: list[Change] = field(default_factory=list)

    @property
    def whole(self) -> int:
        """What the instalment came to when it was issued; minor units."""
        return self.changes[0][1]


def select_changed(since: datetime) -> Select[int, datetime]:
    """The customers of whom the ledger said something since, each with the instant it last did."""
    newest = func.max(LedgerEntry.recorded_at).label("at")
    chosen = select(LedgerEntry.customer_id, newest).where(LedgerEntry.recorded_at >= since)
    return chosen.group_by(LedgerEntry.customer_id)


def last_position() -> int:
    """The newest entry's position, 0 in an empty ledger. What is known "up to" it never changes."""
    return session().scalar(select(func.max(LedgerEntry.position))) or 0


def knows_until(now: datetime) -> datetime:
    """The last instant anything is known at: now, or that of the newest entry if its clock was ahead of this one."""
    newest = session().scalar(select(func.max(LedgerEntry.recorded_at)))
    return max(now, newest) if newest else now


def position_at(known_at: datetime) -> int:
    """The newest position recorded at the instant or before it."""
    newest = (
        select(LedgerEntry.position)
        .where(LedgerEntry.recorded_at <= known_at)
        .order_by(LedgerEntry.recorded_at.desc(), LedgerEntry.position.desc())
        .limit(1)
    )
    return session().scalar(newest) or 0


def list_open_items(
    as_of: date,
    known_at: datetime | None = None,
    *,
    up_to: int | None = None,
    customer_id: int | None = None,
    currency: str | None = None,
) -> list[OpenItem]:
    """The instalments open at the end of the day `as_of`, as known at an instant or up to a position (None: all)."""
    question = Question(as_of, known_position(known_at, up_to), customer_id, currency)
    return _as_open_items(queries_balance.read(question, on_account=False))


def list_open_items_of(customers: Iterable[int]) -> list[OpenItem]:
    """What is open of these customers, whatever day it counts from; costs by what they owe, not by what all do."""
    found: list[OpenItem] = []
    for some in in_chunks(customers, each=MENTIONS):
        found += _as_open_items(queries_balance.read(Question(date.max, customers=tuple(some)), on_account=False))
    return found


def on_account_of(customers: Iterable[int]) -> dict[tuple[int, str], int]:
    """As `on_account`, whatever day it counts from, of these customers alone."""
    found: dict[tuple[int, str], int] = {}
    for some in in_chunks(customers, each=MENTIONS):
        rows = queries_balance.read(Question(date.max, customers=tuple(some)), items=False)
        found |= {(row[0], row[1]): row[5] for row in rows}
    return found


def on_account(
    as_of: date, known_at: datetime | None = None, *, up_to: int | None = None, customer_id: int | None = None
) -> dict[tuple[int, str], int]:
    """(customer, currency) -> what stands on account; negative is money the customer has with us."""
    question = Question(as_of, known_position(known_at, up_to), customer_id)
    return {(row[0], row[1]): row[5] for row in queries_balance.read(question, items=False)}


def read_balances(
    as_of: date, known_at: datetime | None = None, *, up_to: int | None = None, customer_id: int | None = None
) -> Balances:
    """Open items and on-account balances in one statement, so that they belong to the same moment."""
    question = Question(as_of, known_position(known_at, up_to), customer_id)
    rows = queries_balance.read(question)
    return Balances(
        _as_open_items([row for row in rows if row[2]]),
        [OnAccount(row[0], row[1], row[5]) for row in rows if not row[2]],
    )


def open_amount(document: str, instalment: int | None = None, as_of: date | None = None) -> int:
    """What is open of the document, or of one of its instalments, in minor units."""
    total = select(func.coalesce(func.sum(LedgerEntry.amount), 0)).where(LedgerEntry.document == document)
    if instalment is not None:
        total = total.where(LedgerEntry.instalment == instalment)
    if as_of is not None:
        total = total.where(LedgerEntry.effective_on <= as_of)
    return int(session().scalar(total) or 0)


def open_amounts(documents: Iterable[str], as_of: date | None = None) -> dict[str, int]:
    """Document -> open amount in minor units, 0 included; documents the ledger does not know are absent."""
    found: dict[str, int] = {}
    for names in in_chunks(documents):
        total = (
            select(LedgerEntry.document, func.sum(LedgerEntry.amount))
            .where(LedgerEntry.document.in_(names))
            .group_by(LedgerEntry.document)
        )
        if as_of is not None:
            total = total.where(LedgerEntry.effective_on <= as_of)
        found |= {str(document): int(amount) for document, amount in session().execute(total)}
    return found


def receivable(as_of: date, known_at: datetime | None = None, *, up_to: int | None = None) -> dict[str, int]:
    """Currency -> the sum of all entries: the control total that aging must meet."""
    known = known_position(known_at, up_to)
    total = select(LedgerEntry.currency, func.sum(LedgerEntry.amount)).where(LedgerEntry.effective_on <= as_of)
    if known is not None:
        total = total.where(LedgerEntry.position <= known)
    return {currency: int(amount) for currency, amount in session().execute(total.group_by(LedgerEntry.currency))}


def list_timelines(documents: Iterable[str]) -> dict[tuple[str, int], Timeline]:
    """(document, instalment) -> its changes. Instalments nobody issued are absent."""
    entry = LedgerEntry
    columns = [entry.position, entry.document, entry.instalment, entry.kind, entry.effective_on, entry.amount]
    more = [entry.customer_id, entry.currency, entry.due_on]
    timelines: dict[tuple[str, int], Timeline] = {}
    for names in in_chunks(documents):
        of_these = select(*columns, *more).where(entry.document.in_(names)).order_by(entry.position)
        for position, document, instalment, kind, on, amount, customer_id, currency, due_on in _read(of_these):
            if kind is EntryKind.INSTALMENT:
                timelines[document, instalment] = Timeline(position, customer_id, currency, due_on, on)
            timelines[document, instalment].changes.append((on, amount))
    return timelines


def list_entries_of(reason: str) -> Sequence[LedgerEntry]:
    """The entries a cause such as "allocation:7" made, in order."""
    return (
        session().scalars(select(LedgerEntry).where(LedgerEntry.reason == reason).order_by(LedgerEntry.position)).all()
    )


def list_standing_of(reason: str) -> list[LedgerEntry]:
    """Those entries of a cause that nothing took back."""
    entry, undone = LedgerEntry, aliased(LedgerEntry)
    chosen = select(entry).outerjoin(undone, undone.reverses == entry.position).where(entry.reason == reason)
    return list(session().scalars(chosen.where(undone.position.is_(None)).order_by(entry.position)))


def credited_on(documents: Iterable[str]) -> dict[str, int]:
    """Document -> what credit notes took off it; minor units. Documents without one are absent."""
    entry, found = LedgerEntry, dict[str, int]()
    for names in in_chunks(documents):
        credits_ = select(entry.document, -func.sum(entry.amount)).where(
            entry.document.in_(names), entry.kind == EntryKind.CREDIT
        )
        found |= {str(row[0]): int(row[1]) for row in session().execute(credits_.group_by(entry.document))}
    return found


def list_late_entries(after_position: int) -> Sequence[LedgerEntry]:
    """Entries after the position that reached back into a month already snapshotted."""
    late = select(LedgerEntry).where(LedgerEntry.late, LedgerEntry.position > after_position)
    return session().scalars(late.order_by(LedgerEntry.position)).all()


def newest_month_end() -> date | None:
    """The end of the newest month that has a snapshot."""
    return session().scalar(select(func.max(OpenItemSnapshot.month_end)))


def list_missing_snapshots(until: date) -> list[date]:
    """The month ends up to `until` that want a snapshot: those without one, and those with many late entries since."""
    first = session().scalar(select(func.min(LedgerEntry.effective_on)))
    if first is None:
        return []
    newest = select(OpenItemSnapshot.month_end, func.max(OpenItemSnapshot.up_to_position))
    known = {row[0]: int(row[1]) for row in session().execute(newest.group_by(OpenItemSnapshot.month_end))}
    wanted = month_ends(first, until)[-MOST_MONTHS:]
    return [day for day in wanted if day not in known or _count_late(day, known[day]) > MOST_LATE_ENTRIES]


def _count_late(month_end: date, up_to: int) -> int:
    late = select(func.count()).where(
        LedgerEntry.late, LedgerEntry.position > up_to, LedgerEntry.effective_on <= month_end
    )
    return session().scalar(late) or 0


def _as_open_items(rows: Iterable[Any]) -> list[OpenItem]:
    """As OpenItem._make would, without a call of ours per row: there are thousands, and every page asks."""
    return list(map(tuple.__new__, repeat(OpenItem), rows))


def _read(statement: Executable) -> Iterator[Any]:
    """Plain rows, past the object mapping."""
    return iter(session().connection().execute(statement))


def known_position(known_at: datetime | None, up_to: int | None) -> int | None:
    """The narrower of the two bounds as a position; None is everything."""
    bounds = [] if known_at is None else [position_at(known_at)]
    return min(bounds if up_to is None else [*bounds, up_to], default=None)
