"""Knows which day may be closed, and what is refused once it is."""

from __future__ import annotations

from datetime import date, timedelta

from app.kernel.errors import BadInput


class PeriodClosed(BadInput):
    """The books are closed up to {closed}: nothing can be dated {day}. Take a later date, or have them reopened."""


class NotOverYet(BadInput):
    """{day} is not over yet. Close up to yesterday at the latest."""


class ClosedAlready(BadInput):
    """The books are closed up to {closed} already. Take a later day."""


def require_open(day: date, closed: date | None, *, field: str | None = None) -> None:
    """Raises PeriodClosed when `day` lies in the closed time."""
    if closed is not None and day <= closed:
        raise PeriodClosed(field=field, day=day, closed=closed)


def first_open(day: date, closed: date | None) -> date:
    """That day, or the first after the closed time."""
    return day if closed is None else max(day, closed + timedelta(days=1))


def require_closable(up_to: date, closed: date | None, today: date) -> None:
    """Raises NotOverYet, ClosedAlready."""
    if up_to >= today:
        raise NotOverYet(field="up_to", day=up_to)
    if closed is not None and up_to <= closed:
        raise ClosedAlready(field="up_to", closed=closed)


def suggest_closing(closed: date | None, today: date) -> date | None:
    """The end of last month, None when it is closed."""
    month_end = today.replace(day=1) - timedelta(days=1)
    return month_end if closed is None or closed < month_end else None
