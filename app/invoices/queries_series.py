"""Reads how the numbers of invoices and credit notes stand by period, for the report and the self-check alike."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, select

from app.company.models_numbering import ReservedNumbers
from app.db.base import session
from app.db.sequences import Counter
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.invoices.rules_series import SeriesPeriod


def list_series_periods() -> list[SeriesPeriod]:
    """Every series and period with documents or numbers drawn, in two statements however many there are."""
    ranges = _read_ranges()
    before = func.lag(Invoice.issued_on).over(partition_by=(Invoice.series, Invoice.period), order_by=Invoice.sequence)
    own = (
        select(
            Invoice.series,
            Invoice.period,
            Invoice.sequence,
            Invoice.issued_on,
            before.label("before"),
            _is_reserved().label("inside"),
        )
        .where(Invoice.state == InvoiceState.ISSUED, Invoice.origin == "own")
        .subquery()
    )
    grouped = (
        select(
            own.c.series, own.c.period, func.min(own.c.sequence).label("first"), func.max(own.c.sequence).label("last"),
            func.count().label("documents"), func.count(own.c.sequence.distinct()).label("distinct"),
            func.sum(case((own.c.before > own.c.issued_on, 1), else_=0)).label("back"),
            func.sum(case((own.c.inside, 1), else_=0)).label("inside"),
            func.min(own.c.issued_on).label("first_on"), func.max(own.c.issued_on).label("last_on"),
        )
        .group_by(own.c.series, own.c.period)
        .subquery()
    )  # fmt: skip
    same = and_(Counter.series == grouped.c.series, Counter.period == grouped.c.period)
    kinds = [kind.value for kind in InvoiceKind]
    columns = [
        grouped.c[name] for name in ("first", "last", "documents", "distinct", "back", "inside", "first_on", "last_on")
    ]
    drawn = select(Counter.series, Counter.period, Counter.last, *columns).outerjoin(grouped, same)
    drawn = drawn.where(Counter.series.in_(kinds), Counter.last > 0)
    lost = select(grouped.c.series, grouped.c.period, func.coalesce(Counter.last, 0), *columns)
    lost = lost.outerjoin(Counter, same).where(func.coalesce(Counter.last, 0) == 0)
    rows = session().execute(drawn.union_all(lost)).all()
    return sorted((_period_of(ranges, *row) for row in rows), key=lambda one: (one.series, one.period), reverse=True)


def _read_ranges() -> dict[tuple[str, str], tuple[tuple[int, int], ...]]:
    found: dict[tuple[str, str], tuple[tuple[int, int], ...]] = defaultdict(tuple)
    for one in session().scalars(select(ReservedNumbers)):
        found[one.series, one.period] += ((one.first, one.last),)
    return found


def _is_reserved() -> ColumnElement[bool]:
    one = ReservedNumbers
    same = (one.series == Invoice.series) & (one.period == Invoice.period)
    return exists().where(same, Invoice.sequence.between(one.first, one.last))


def _period_of(
    ranges: Mapping[tuple[str, str], tuple[tuple[int, int], ...]], series: str, period: str, counter: int, *facts: Any
) -> SeriesPeriod:
    first, last, documents, distinct, back, inside = (int(one or 0) for one in facts[:6])
    reserved = ranges.get((series, period), ())
    return SeriesPeriod(series, period, first, last, documents, distinct, counter, back, inside, reserved, *facts[6:])
