"""Knows the one statement that adds up the ledger at a date: from a month's snapshot where one is usable, or from all.

It is the most asked question of the house. So the statement carries no more than the item and the amount while it adds
up, looks the rest up for what is left over, and is built once per shape with its values bound at each asking.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Date,
    Row,
    Select,
    Subquery,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    null,
    select,
    union_all,
)

from app.db.base import session
from app.ledger.models import LedgerEntry, OpenItemSnapshot, OpenItemSnapshotRow

EVERYTHING_KNOWN = 2**62

Statement = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]


class Base(NamedTuple):
    """The snapshot an answer starts from."""

    snapshot_id: int
    month_end: date
    up_to: int


@dataclass(frozen=True, slots=True)
class Question:
    """Which balances: at the end of the day `as_of`, from entries up to position `known`."""

    as_of: date
    known: int | None = None
    customer_id: int | None = None
    currency: str | None = None
    customers: tuple[int, ...] = ()  # only these, as many as one statement takes

    def values(self, base: Base | None) -> dict[str, Any]:
        values: dict[str, Any] = {
            "as_of": self.as_of,
            "known": EVERYTHING_KNOWN if self.known is None else self.known,
        }
        if base is not None:
            values |= base._asdict()
        filters = {
            "only_customer": self.customer_id, "only_currency": self.currency, "some_customers": self.customers or None,
        }  # fmt: skip
        return values | {name: value for name, value in filters.items() if value is not None}


def read(question: Question, *, items: bool = True, on_account: bool = True) -> Sequence[Row[*tuple[Any, ...]]]:
    """(customer, currency, document, instalment, due, amount) of all that is not zero, in one statement.

    On account the document is empty, the instalment 0 and there is no due date.
    """
    base = find_base(question.as_of, question.known)
    statement = _build_reading(shape_of(question, base), items, on_account)
    return session().connection().execute(statement, question.values(base)).all()


def store(question: Question, snapshot_id: int, *, base: Base | None) -> None:
    """Writes the balances as the rows of a new snapshot that builds on an older one."""
    row = OpenItemSnapshotRow
    sums = _build_sums(shape_of(question, base)).subquery()
    columns = [row.snapshot_id, row.item, row.customer_id, row.currency, row.due_on, row.amount]
    new = bindparam("new", type_=BigInteger)
    statement = insert(row).from_select(columns, select(new, *sums.c), include_defaults=False)
    session().connection().execute(statement, question.values(base) | {"new": snapshot_id})


def list_sums(question: Question) -> Sequence[Row[*tuple[Any, ...]]]:
    """(item or 0, customer, currency, due or None, amount) as a snapshot's rows have to be, from all entries."""
    return session().connection().execute(_build_sums(shape_of(question, None)), question.values(None)).all()


def find_base(as_of: date, known: int | None) -> Base | None:
    """The newest snapshot whose month had ended by `as_of` and that was taken when no more than `known` was known."""
    values = {"as_of": as_of, "known": EVERYTHING_KNOWN if known is None else known}
    row = session().connection().execute(_NEWEST, values).first()
    return Base._make(row) if row else None


_AS_OF: ColumnElement[date] = bindparam("as_of", type_=Date)
_MONTH_END: ColumnElement[date] = bindparam("month_end", type_=Date)
_KNOWN: ColumnElement[int] = bindparam("known", type_=BigInteger)
_UP_TO: ColumnElement[int] = bindparam("up_to", type_=BigInteger)

_NEWEST = (
    select(OpenItemSnapshot.id, OpenItemSnapshot.month_end, OpenItemSnapshot.up_to_position)
    .where(OpenItemSnapshot.month_end <= _AS_OF, OpenItemSnapshot.up_to_position <= _KNOWN)
    .order_by(OpenItemSnapshot.month_end.desc(), OpenItemSnapshot.up_to_position.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the form of the statement depends on, apart from values."""

    from_snapshot: bool
    one_customer: bool
    one_currency: bool
    some_customers: bool

    def filters(self, source: Any) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.one_customer:
            found.append(source.customer_id == bindparam("only_customer", type_=BigInteger))
        if self.one_currency:
            found.append(source.currency == bindparam("only_currency"))
        if self.some_customers:
            found.append(source.customer_id.in_(bindparam("some_customers", type_=BigInteger, expanding=True)))
        return found


def shape_of(question: Question, base: Base | None) -> Shape:
    one_customer, one_currency = question.customer_id is not None, question.currency is not None
    return Shape(base is not None, one_customer, one_currency, bool(question.customers))


@cache
def _build_reading(shape: Shape, items: bool, on_account: bool) -> Statement:
    parts = []
    if items:
        sums, issued = _sum_items(shape), LedgerEntry
        about = [issued.customer_id, issued.currency, issued.document, issued.instalment, issued.due_on]
        parts.append(select(*about, sums.c.amount).join_from(sums, issued, issued.position == sums.c.item))
    if on_account:
        accounts = _sum_accounts(shape)
        nothing: list[Any] = [literal_column("''"), literal_column("0"), cast(null(), Date)]
        parts.append(select(accounts.c.customer_id, accounts.c.currency, *nothing, accounts.c.amount))
    return union_all(*parts) if len(parts) > 1 else parts[0]


@cache
def _build_sums(shape: Shape) -> Statement:
    sums, accounts = _sum_items(shape), _sum_accounts(shape)
    owner = [LedgerEntry.customer_id, LedgerEntry.currency, LedgerEntry.due_on]
    items = select(sums.c.item, *owner, sums.c.amount).join_from(sums, LedgerEntry, LedgerEntry.position == sums.c.item)
    account: list[Any] = [accounts.c.customer_id, accounts.c.currency, cast(null(), Date)]
    return union_all(items, select(literal_column("0"), *account, accounts.c.amount))


def _sum_items(shape: Shape) -> Subquery:
    row, entry = OpenItemSnapshotRow, LedgerEntry
    changes = _union(
        shape,
        select(row.item, row.amount).where(row.item > 0, *shape.filters(row)),
        select(entry.item, entry.amount).where(entry.item.is_not(None), *shape.filters(entry)),
    )
    return _sum(changes, changes.c.item)


def _sum_accounts(shape: Shape) -> Subquery:
    row, entry = OpenItemSnapshotRow, LedgerEntry
    changes = _union(
        shape,
        select(row.customer_id, row.currency, row.amount).where(row.item == 0, *shape.filters(row)),
        select(entry.customer_id, entry.currency, entry.amount).where(entry.item.is_(None), *shape.filters(entry)),
    )
    return _sum(changes, changes.c.customer_id, changes.c.currency)


def _union(shape: Shape, stood: Select[*tuple[Any, ...]], entries: Select[*tuple[Any, ...]]) -> Subquery:
    """The snapshot's rows, the entries effective since its month's end, and the late ones that reached behind it."""
    parts = [entries.where(*bounds) for bounds in entry_bounds(shape)]
    if not shape.from_snapshot:
        return parts[0].subquery()
    of_snapshot = OpenItemSnapshotRow.snapshot_id == bindparam("snapshot_id", type_=BigInteger)
    return union_all(stood.where(of_snapshot), *parts).subquery()


def entry_bounds(shape: Shape) -> list[list[ColumnElement[bool]]]:
    """Which entries count: all up to the date, or those since the snapshot's month and, apart, the late ones."""
    entry = LedgerEntry
    # The sum keeps this bound from being taken for the way in: the way in is the date
    known = (entry.position + literal_column("0")) <= _KNOWN
    if not shape.from_snapshot:
        return [[entry.effective_on <= _AS_OF, known]]
    since = [entry.effective_on > _MONTH_END, entry.effective_on <= _AS_OF, known]
    late: list[ColumnElement[bool]] = [entry.late.expression, entry.position > _UP_TO]
    return [since, [*late, entry.effective_on <= _MONTH_END, known]]


def _sum(changes: Subquery, *keys: ColumnElement[Any]) -> Subquery:
    # PostgreSQL adds up whole numbers into a decimal
    amount = cast(func.sum(changes.c.amount), BigInteger).label("amount")
    return select(*keys, amount).group_by(*keys).having(func.sum(changes.c.amount) != 0).subquery()
