"""Counters drawn inside the transaction that uses the number, so that a rollback leaves no gap."""

from sqlalchemy import update
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model, session
from app.db.statements import insert_once


class Counter(Model):
    """The last number used of a series in a period; its row lock orders all who draw."""

    __tablename__ = "counter"

    series: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


def draw_number(series: str, period: str = "") -> int:
    """The next number of the series in the period, from 1, without gaps.

    The counter's row stays locked until the transaction ends: whoever draws next waits, and sees a rolled back
    number again.
    """
    return draw_numbers(series, period, count=1)


def draw_numbers(series: str, period: str = "", *, count: int) -> int:
    """The last of `count` next numbers, drawn at once; 0 draws none, locks the row and tells the last one used."""
    last = _draw(series, period, count)
    if last is None:
        insert_once(Counter, {"series": series, "period": period, "last": 0})
        last = _draw(series, period, count)
    return int(last or 0)


def _draw(series: str, period: str, count: int) -> int | None:
    """None where nothing was drawn yet."""
    statement = (
        update(Counter)
        .where(Counter.series == series, Counter.period == period)
        .values(last=Counter.last + count)
        .returning(Counter.last)
        .execution_options(synchronize_session=False)
    )
    return session().scalar(statement)
