"""Knows from when on a task is likely to be late, before it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.kernel.working_time import WorkingHours, instant_of, minute_of, working_spans
from app.tasks.rules_escalation import share_due
from app.tasks.rules_sla import Sla

RISK_PERCENT = 75
LOOK_BACK = 400 * 24 * 60  # no task needs longer than a year


def risk_of_running(sla: Sla) -> datetime | None:
    """When three quarters of the target are used."""
    return share_due(sla, RISK_PERCENT)


def risk_of_waiting(
    calendar: WorkingHours, minutes: int, *, known_at: datetime, starts: Iterable[datetime | date], order_due: date
) -> datetime:
    """When a task that waits for others can no longer be done by the order's day; at once when the plan says so.

    `starts` says for each task before it when its clock is due, or else the day it is due: that day still counts.
    """
    latest = find_latest_start(calendar, end_of(order_due, calendar), minutes)
    if latest is None or any(_instant(start, calendar) > latest for start in starts):
        return known_at
    return max(latest, known_at)


def find_latest_start(calendar: WorkingHours, until: datetime, minutes: int) -> datetime | None:
    """The last instant from which so many minutes are worked until then; None when it is too long ago."""
    end = minute_of(until)
    if minutes == 0:
        return until
    for first, last in reversed(list(working_spans(calendar, end - LOOK_BACK, end))):
        if minutes <= last - first:
            return instant_of(last - minutes)
        minutes -= last - first
    return None


def end_of(day: date, calendar: WorkingHours) -> datetime:
    """Midnight after the day, on the wall of this calendar's zone."""
    return _begin_of(day + timedelta(days=1), calendar)


def _begin_of(day: date, calendar: WorkingHours) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(calendar.zone))


def _instant(start: datetime | date, calendar: WorkingHours) -> datetime:
    return start if isinstance(start, datetime) else _begin_of(start, calendar)
