"""Reads how the numbers of invoices and credit notes stand by period, for the report and the self-check alike."""

from typing import Any

from sqlalchemy import and_, case, func, select

from app.db.base import session
from app.db.sequences import Counter
from app.invoices.models import Invoice, InvoiceKind, InvoiceState
from app.invoices.rules_series import SeriesPeriod


def list_series_periods() -> list[SeriesPeriod]:
    """Every series and period with documents or numbers drawn, in one statement however many there are."""
    before = func.lag(Invoice.issued_on).over(partition_by=(Invoice.series, Invoice.period), order_by=Invoice.sequence)
    own = (
        select(Invoice.series, Invoice.period, Invoice.sequence, Invoice.issued_on, before.label("before"))
        .where(Invoice.state == InvoiceState.ISSUED, Invoice.origin == "own")
        .subquery()
    )
    grouped = (
        select(
            own.c.series, own.c.period, func.min(own.c.sequence).label("first"), func.max(own.c.sequence).label("last"),
            func.count().label("documents"), func.count(own.c.sequence.distinct()).label("distinct"),
            func.sum(case((own.c.before > own.c.issued_on, 1), else_=0)).label("back"),
            func.min(own.c.issued_on).label("first_on"), func.max(own.c.issued_on).label("last_on"),
        )
        .group_by(own.c.series, own.c.period)
        .subquery()
    )  # fmt: skip
    same = and_(Counter.series == grouped.c.series, Counter.period == grouped.c.period)
    kinds = [kind.value for kind in InvoiceKind]
    columns = [grouped.c[name] for name in ("first", "last", "documents", "distinct", "back", "first_on", "last_on")]
    drawn = select(Counter.series, Counter.period, Counter.last, *columns).outerjoin(grouped, same)
    drawn = drawn.where(Counter.series.in_(kinds), Counter.last > 0)
    lost = select(grouped.c.series, grouped.c.period, func.coalesce(Counter.last, 0), *columns)
    lost = lost.outerjoin(Counter, same).where(func.coalesce(Counter.last, 0) == 0)
    rows = session().execute(drawn.union_all(lost)).all()
    return sorted((_period_of(*row) for row in rows), key=lambda one: (one.series, one.period), reverse=True)


def _period_of(series: str, period: str, counter: int, *facts: Any) -> SeriesPeriod:
    first, last, documents, distinct, back = (int(one or 0) for one in facts[:5])
    return SeriesPeriod(series, period, first, last, documents, distinct, counter, back, *facts[5:])
