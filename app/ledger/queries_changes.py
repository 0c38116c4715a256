"""Knows what each day of a snapshot's month changed, so that any day of a closed month is read from its snapshot."""

from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Select, bindparam, cast, func, insert, literal_column, select

from app.db.base import session
from app.ledger.models import LedgerEntry, OpenItemSnapshot, OpenItemSnapshotChange
from app.ledger.queries_balance import Base, find_base
from app.ledger.rules import month_end_of

FIRST_DAYS = 7  # the entries of so few days are added sooner than the rest of the month is taken back

Statement = Select[*tuple[Any, ...]]
Row = tuple[Any, ...]


def find_nearest_base(as_of: date, known: int | None) -> Base | None:
    """As `find_base`, or the snapshot of the day's own month, which stands for that day once `later_changes` are off.

    What was posted since into the days up to `as_of` is marked late, for that snapshot stood already.
    """
    base = find_base(as_of if as_of.day <= FIRST_DAYS else month_end_of(as_of), known)
    return base and base._replace(month_end=min(as_of, base.month_end))


def later_changes() -> list[ColumnElement[bool]]:
    """Which changes have to be taken off the snapshot's rows: none, unless the snapshot is of a day after `as_of`."""
    change = OpenItemSnapshotChange
    of_snapshot = change.snapshot_id == bindparam("snapshot_id", type_=BigInteger)
    return [of_snapshot, change.effective_on > bindparam("as_of", type_=Date)]


def store_changes(snapshot: OpenItemSnapshot) -> None:
    """Writes what the days of the snapshot's month changed, as known to the snapshot."""
    change = OpenItemSnapshotChange
    columns = [change.effective_on, change.customer_id, change.currency, change.item, change.due_on, change.amount]
    new = bindparam("new", type_=BigInteger)
    sums = _build_sums().subquery()
    statement = insert(change).from_select([change.snapshot_id, *columns], select(new, *sums.c), include_defaults=False)
    session().connection().execute(statement, _month_of(snapshot) | {"new": snapshot.id})


def list_changes(snapshot: OpenItemSnapshot) -> list[Row]:
    """(day, customer, currency, item or 0, due or None, amount) as the stored ones have to be, from the entries."""
    rows = session().connection().execute(_build_sums(), _month_of(snapshot))
    return [tuple(row) for row in rows]


def list_stored_changes(snapshot_id: int) -> list[Row]:
    """The same as it is stored."""
    change = OpenItemSnapshotChange
    columns = (change.effective_on, change.customer_id, change.currency, change.item, change.due_on, change.amount)
    stored = select(*columns).where(change.snapshot_id == snapshot_id)
    return [tuple(row) for row in session().connection().execute(stored)]


def _month_of(snapshot: OpenItemSnapshot) -> dict[str, Any]:
    last = snapshot.month_end
    return {"first_day": last.replace(day=1), "last_day": last, "up_to": snapshot.up_to_position}


@cache
def _build_sums() -> Statement:
    entry = LedgerEntry
    item = func.coalesce(entry.item, literal_column("0"))
    keys = (entry.effective_on, entry.customer_id, entry.currency, item, entry.due_on)
    # The sum keeps this bound from being taken for the way in: the way in is the date
    known = (entry.position + literal_column("0")) <= bindparam("up_to", type_=BigInteger)
    month = entry.effective_on.between(bindparam("first_day", type_=Date), bindparam("last_day", type_=Date))
    amount = func.sum(entry.amount)
    return select(*keys, cast(amount, BigInteger)).where(month, known).group_by(*keys).having(amount != 0)
