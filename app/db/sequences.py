"""Counters drawn inside the transaction that uses the number, so that a rollback leaves no gap."""

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model, session


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
    current = session()
    insert = postgresql.insert if current.get_bind().dialect.name == "postgresql" else sqlite.insert
    current.execute(
        insert(Counter).values(series=series, period=period, last=0).on_conflict_do_nothing(),
    )
    statement = (
        update(Counter)
        .where(Counter.series == series, Counter.period == period)
        .values(last=Counter.last + count)
        .returning(Counter.last)
        .execution_options(synchronize_session=False)
    )
    return int(current.execute(statement).scalar_one())
