"""Writes the ledger: entries in one line under one lock, never more settled than owed on any day, undo as a new row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select

from app.db.base import session
from app.db.bulk import insert_rows
from app.db.sequences import draw_numbers
from app.kernel.errors import NotFound, RuleError
from app.kernel.money import UnknownCurrency, is_currency
from app.ledger import queries, queries_balance, queries_changes, rules
from app.ledger.models import EntryKind, LedgerEntry, OpenItemSnapshot, OpenItemSnapshotChange, OpenItemSnapshotRow
from app.ledger.models_periods import ClosedPeriod
from app.ledger.queries import Timeline
from app.ledger.queries_balance import Question
from app.ledger.queries_periods import require_open

COUNTER = "ledger"

# kind -> (sign of the amount, on an instalment or on account; None: either)
_SHAPES: Mapping[EntryKind, tuple[int, bool | None]] = {
    EntryKind.INSTALMENT: (+1, True),
    EntryKind.RECEIPT: (-1, False),
    EntryKind.SETTLEMENT: (-1, True),
    EntryKind.APPLICATION: (+1, False),
    EntryKind.CREDIT: (-1, None),
    EntryKind.WRITE_OFF: (-1, True),
    EntryKind.REFUND: (+1, False),
    EntryKind.TRANSFER: (0, False),
}


class ZeroEntry(RuleError):
    """An amount of zero changes nothing and is not posted ({kind})."""


class WrongSide(RuleError):
    """{kind} of {amount} stands on the wrong side of the ledger."""


class UnknownInstalment(RuleError):
    """{document} has no instalment {instalment} in the ledger."""


class InstalmentPosted(RuleError):
    """{document}, instalment {instalment}, stands in the ledger already."""


class NotOfThisInstalment(RuleError):
    """{document}, instalment {instalment}, is of another customer or in another currency."""


class BeforeIssue(RuleError):
    """{document} was issued on {issued_on}; nothing can settle it before that day."""


class OverSettled(RuleError):
    """{document}, instalment {instalment}: less is open than this takes away. Open are {open}, in minor units."""


class AlreadyReversed(RuleError):
    """Ledger entry {position} is reversed already."""


class ReversedBeforeMade(RuleError):
    """Ledger entry {position} counts from {effective_on}; it cannot be undone as of an earlier day."""


class NoMonthEnd(RuleError):
    """{day} is not the last day of a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry to post. `amount` in minor units with the sign the kind asks for (see EntryKind).

    `due_on` is needed for INSTALMENT only; other entries take it from their instalment.
    """

    kind: EntryKind
    effective_on: date
    customer_id: int
    currency: str
    amount: int
    reason: str
    document: str | None = None
    instalment: int | None = None
    due_on: date | None = None
    reverses: int | None = None


def post(entries: Sequence[NewEntry], *, actor: str, now: datetime) -> list[LedgerEntry]:
    """Appends the entries in order; all or none. Raises a RuleError above, UnknownCurrency, PeriodClosed."""
    posted = [LedgerEntry(**row) for row in _build_rows(entries, actor=actor, now=now)]
    session().add_all(posted)
    session().flush()
    return posted


def post_many(entries: Sequence[NewEntry], *, actor: str, now: datetime) -> int:
    """As `post`, for thousands: returns how many, not the rows."""
    rows = _build_rows(entries, actor=actor, now=now)
    insert_rows(LedgerEntry, rows)
    return len(rows)


def reverse(position: int, *, effective_on: date, reason: str, actor: str, now: datetime) -> LedgerEntry:
    """Takes one entry back as of `effective_on`; the time before keeps it."""
    return reverse_all([position], effective_on=effective_on, reason=reason, actor=actor, now=now)[0]


def reverse_all(
    positions: Iterable[int], *, effective_on: date, reason: str, actor: str, now: datetime
) -> list[LedgerEntry]:
    """Takes several entries back at once."""
    lock_ledger()
    opposites = [_build_opposite(_get_entry(position), effective_on, reason) for position in positions]
    return post(opposites, actor=actor, now=now)


def credit(
    document: str,
    amount: int,
    *,
    customer_id: int,
    currency: str,
    effective_on: date,
    reason: str,
    actor: str,
    now: datetime,
) -> list[LedgerEntry]:
    """Credits `amount` (> 0) to the document's open instalments in order; what was settled already goes on account."""
    lock_ledger()
    timelines = sorted(queries.list_timelines([document]).items())
    rooms = [rules.lowest_from(timeline.changes, effective_on) for _, timeline in timelines]
    shares = rules.spread(amount, rooms)
    on_account = NewEntry(
        kind=EntryKind.CREDIT,
        effective_on=effective_on,
        customer_id=customer_id,
        currency=currency,
        amount=sum(shares) - amount,
        reason=reason,
    )
    entries = [
        replace(on_account, amount=-share, document=document, instalment=instalment)
        for ((_, instalment), _), share in zip(timelines, shares, strict=True)
        if share
    ]
    if on_account.amount or not entries:
        entries.append(on_account)
    return post(entries, actor=actor, now=now)


def take_snapshot(month_end: date, now: datetime) -> OpenItemSnapshot:
    """Stores what was open at the end of the month as known now; the one that knows just as much is returned."""
    if not rules.is_month_end(month_end):
        raise NoMonthEnd(day=month_end)
    last = lock_ledger()
    same = select(OpenItemSnapshot).where(
        OpenItemSnapshot.month_end == month_end, OpenItemSnapshot.up_to_position == last
    )
    if found := session().scalar(same):
        return found
    base = queries_balance.find_base(month_end, last)
    snapshot = OpenItemSnapshot(month_end=month_end, up_to_position=last, taken_at=now)
    session().add(snapshot)
    session().flush()
    queries_balance.store(Question(month_end, last), snapshot.id, base=base)
    queries_changes.store_changes(snapshot)
    return snapshot


def ensure_snapshots(until: date, now: datetime) -> int:
    """Takes every missing month snapshot up to `until`, oldest first; returns how many."""
    missing = queries.list_missing_snapshots(until)
    for month_end in missing:
        take_snapshot(month_end, now)
    return len(missing)


def rebuild_snapshots(now: datetime) -> int:
    """Throws all snapshots away and takes those months again from the entries alone; returns how many."""
    lock_ledger()
    months = session().scalars(select(OpenItemSnapshot.month_end).distinct()).all()
    for model in (OpenItemSnapshotChange, OpenItemSnapshotRow, OpenItemSnapshot):
        session().execute(delete(model))
    for month_end in sorted(months):
        take_snapshot(month_end, now)
    return len(months)


def lock_ledger() -> int:
    """Makes everyone else who posts wait until this transaction ends; returns the newest position."""
    return draw_numbers(COUNTER, count=0)


def next_instant(last_position: int, now: datetime) -> datetime:
    """`now`, or the instant of the newest entry or reopening where that is later: recorded instants never go back.

    Call it under the lock; who waited for that has an old `now`.
    """
    last = select(LedgerEntry.recorded_at).where(LedgerEntry.position == last_position).scalar_subquery()
    reopened = select(func.max(ClosedPeriod.reopened_at)).scalar_subquery()
    known: list[datetime | None] = [now, *session().execute(select(last, reopened)).one()]
    return max(one for one in known if one is not None)


def _build_rows(entries: Sequence[NewEntry], *, actor: str, now: datetime) -> list[dict[str, Any]]:
    if not entries:
        return []
    for entry in entries:
        _check_shape(entry)
    first = lock_ledger() + 1
    require_open(min(entry.effective_on for entry in entries))
    fitted = _fit_into_timelines(entries, first)
    draw_numbers(COUNTER, count=len(entries))
    recorded_at = next_instant(first - 1, now)
    closed = queries.newest_month_end()
    return [
        {
            "position": position,
            "recorded_at": recorded_at,
            "effective_on": entry.effective_on,
            "kind": entry.kind,
            "customer_id": entry.customer_id,
            "currency": entry.currency,
            "document": entry.document,
            "instalment": entry.instalment,
            "due_on": timeline.due_on if timeline else None,
            "item": timeline.item if timeline else None,
            "amount": entry.amount,
            "reason": entry.reason,
            "reverses": entry.reverses,
            "actor": actor,
            "late": closed is not None and entry.effective_on <= closed,
        }
        for position, (entry, timeline) in enumerate(zip(entries, fitted, strict=True), first)
    ]


def _check_shape(entry: NewEntry) -> None:
    if not is_currency(entry.currency):
        raise UnknownCurrency(currency=entry.currency[:20])
    if entry.amount == 0:
        raise ZeroEntry(kind=entry.kind.value)
    sign, on_instalment = _SHAPES.get(entry.kind, (0, None))
    is_on_instalment = entry.document is not None
    wrong_side = sign and entry.amount * sign < 0
    wrong_place = on_instalment is not None and on_instalment != is_on_instalment
    if wrong_side or wrong_place or is_on_instalment != (entry.instalment is not None):
        raise WrongSide(kind=entry.kind.value, amount=entry.amount)


def _fit_into_timelines(entries: Sequence[NewEntry], first: int) -> list[Timeline | None]:
    """Each entry's instalment. Called under the lock, so what it reads stays true until the commit."""
    timelines = queries.list_timelines(entry.document for entry in entries if entry.document)
    fitted = [_fit(entry, position, timelines) for position, entry in enumerate(entries, first)]
    for key, since in _touched_since(entries).items():
        if (lowest := rules.lowest_from(timelines[key].changes, since)) < 0:
            taken = sum(entry.amount for entry in entries if (entry.document, entry.instalment) == key)
            raise OverSettled(document=key[0], instalment=key[1], open=lowest - min(taken, 0))
    return fitted


def _fit(entry: NewEntry, position: int, timelines: dict[tuple[str, int], Timeline]) -> Timeline | None:
    if entry.document is None or entry.instalment is None:
        return None
    key = (entry.document, entry.instalment)
    timeline = timelines.get(key)
    if entry.kind is EntryKind.INSTALMENT:
        if timeline is not None:
            raise InstalmentPosted(document=key[0], instalment=key[1])
        timeline = timelines[key] = _begin(entry, position)
    if timeline is None:
        raise UnknownInstalment(document=key[0], instalment=key[1])
    if (entry.customer_id, entry.currency) != (timeline.customer_id, timeline.currency):
        raise NotOfThisInstalment(document=key[0], instalment=key[1])
    if entry.effective_on < timeline.issued_on:
        raise BeforeIssue(document=key[0], issued_on=timeline.issued_on)
    timeline.changes.append((entry.effective_on, entry.amount))
    return timeline


def _begin(entry: NewEntry, position: int) -> Timeline:
    if entry.due_on is None:
        raise WrongSide(kind="an instalment without a due date", amount=entry.amount)
    return Timeline(position, entry.customer_id, entry.currency, entry.due_on, entry.effective_on)


def _touched_since(entries: Iterable[NewEntry]) -> dict[tuple[str, int], date]:
    """(document, instalment) -> the first day on which these entries take something away from it."""
    touched: dict[tuple[str, int], date] = {}
    for entry in entries:
        if entry.document is not None and entry.instalment is not None and entry.amount < 0:
            key = (entry.document, entry.instalment)
            touched[key] = min(entry.effective_on, touched.get(key, entry.effective_on))
    return touched


def _get_entry(position: int) -> LedgerEntry:
    entry = session().get(LedgerEntry, position)
    if entry is None:
        raise NotFound(f"There is no ledger entry {position}.")
    return entry


def _build_opposite(entry: LedgerEntry, effective_on: date, reason: str) -> NewEntry:
    if session().scalar(select(LedgerEntry.position).where(LedgerEntry.reverses == entry.position)):
        raise AlreadyReversed(position=entry.position)
    if effective_on < entry.effective_on:
        raise ReversedBeforeMade(position=entry.position, effective_on=entry.effective_on)
    return NewEntry(
        kind=EntryKind.REVERSAL,
        effective_on=effective_on,
        customer_id=entry.customer_id,
        currency=entry.currency,
        amount=-entry.amount,
        reason=reason,
        document=entry.document,
        instalment=entry.instalment,
        due_on=entry.due_on,
        reverses=entry.position,
    )
