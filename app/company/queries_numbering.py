"""Reads which numbers come next in each series, and which were reserved."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from app.company.models import NumberSeries
from app.company.models_numbering import ReservedNumbers
from app.db.base import session
from app.db.sequences import Counter
from app.kernel.numbering import period_of


def list_reserved() -> Sequence[ReservedNumbers]:
    """Every reserved range, the newest first; there are few."""
    return session().scalars(select(ReservedNumbers).order_by(ReservedNumbers.id.desc())).all()


def next_sequences(on: date) -> dict[str, int]:
    """Series -> the number a document dated `on` would get. Whoever draws one may be faster."""
    drawn = {(row.series, row.period): row.last for row in session().scalars(select(Counter))}
    yearly = session().execute(select(NumberSeries.code, NumberSeries.yearly))
    return {code: drawn.get((code, period_of(on, yearly=is_yearly)), 0) + 1 for code, is_yearly in yearly}
