"""Knows what each customer owes by age at a date, added up in the database without a look at single instalments.

Every entry repeats its instalment's due date, so age needs no join. The snapshot's rows, the changes to take off them,
the entries since and the late ones are added up apart, each along its own index, and only the few sums of each meet.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Row, Select, bindparam, case, cast, func, select, union_all

from app.db.base import session
from app.ledger.models import LedgerEntry, OpenItemSnapshotChange, OpenItemSnapshotRow
from app.ledger.queries import known_position
from app.ledger.queries_balance import Question, Shape, entry_bounds, shape_of
from app.ledger.queries_changes import find_nearest_base, later_changes
from app.ledger.rules import BUCKETS, Aging, bucket_starts

ON_ACCOUNT = len(BUCKETS)


def read_customer_aging(
    as_of: date,
    known_at: datetime | None = None,
    *,
    up_to: int | None = None,
    customer_id: int | None = None,
    currency: str | None = None,
) -> dict[tuple[int, str], Aging]:
    """(customer, currency) -> its aging at the end of the day, as known at an instant or up to a position."""
    found: dict[tuple[int, str], Aging] = defaultdict(Aging)
    for customer, in_currency, place, amount in list_sums_by_age(
        Question(as_of, known_position(known_at, up_to), customer_id, currency)
    ):
        aging = found[customer, in_currency]
        if place == ON_ACCOUNT:
            aging.add_on_account(amount)
        else:
            aging.buckets[BUCKETS[place]] = amount
    return dict(found)


def list_sums_by_age(question: Question) -> Sequence[Row[*tuple[Any, ...]]]:
    """(customer, currency, place in BUCKETS or ON_ACCOUNT, amount) of all that is not zero."""
    base = find_nearest_base(question.as_of, question.known)
    starts = {f"start_{place}": day for place, day in enumerate(bucket_starts(question.as_of))}
    statement = _build(shape_of(question, base))
    return session().connection().execute(statement, question.values(base) | starts).all()


@cache
def _build(shape: Shape) -> Select[*tuple[Any, ...]]:
    parts = [_sum_by_age(LedgerEntry, [*bounds, *shape.filters(LedgerEntry)]) for bounds in entry_bounds(shape)]
    if shape.from_snapshot:
        stood, change = OpenItemSnapshotRow, OpenItemSnapshotChange
        of_snapshot = stood.snapshot_id == bindparam("snapshot_id", type_=BigInteger)
        parts.append(_sum_by_age(stood, [of_snapshot, *shape.filters(stood)]))
        parts.append(_sum_by_age(change, [*later_changes(), *shape.filters(change)], taken_back=True))
    sums = union_all(*parts).subquery()
    total = func.sum(sums.c.amount)
    keys = (sums.c.customer_id, sums.c.currency, sums.c.place)
    return select(*keys, cast(total, BigInteger)).group_by(*keys).having(total != 0)


def _sum_by_age(
    source: Any, where: Sequence[ColumnElement[bool]], *, taken_back: bool = False
) -> Select[*tuple[Any, ...]]:
    starts = [bindparam(f"start_{place}", type_=Date) for place in range(len(BUCKETS) - 1)]
    place = case(
        *((source.due_on >= start, number) for number, start in enumerate(starts)),
        (source.due_on.is_not(None), len(starts)),
        else_=ON_ACCOUNT,
    ).label("place")
    keys = (source.customer_id, source.currency, place)
    amount = func.sum(source.amount)
    return select(*keys, (-amount if taken_back else amount).label("amount")).where(*where).group_by(*keys)
