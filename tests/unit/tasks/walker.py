"""A second SLA clock that shares nothing with the first: it walks minute by minute and asks the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = timedelta(minutes=1)


@lru_cache(maxsize=4_000_000)
def wall(zone: str, instant: datetime) -> tuple[str, str, str]:
    """The weekday, the date and the time of day the wall clock shows at an instant in UTC."""
    local = instant.astimezone(ZoneInfo(zone))
    return WEEKDAYS[local.weekday()], local.date().isoformat(), local.strftime("%H:%M")


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """The same answer as `sla compute`, with due_at as an instant in UTC."""
    started, now = utc(asked["started_at"]), utc(asked["now"])
    pauses = [(utc(first), utc(end) if end else None) for first, end in asked["pauses"]]

    def is_worked(instant: datetime) -> bool:
        weekday, day, time = wall(asked["zone"], instant)
        return (
            day not in asked["holidays"]
            and any(begins <= time < ends for begins, ends in asked["hours"].get(weekday, []))
            and not any(first <= instant and (end is None or instant < end) for first, end in pauses)
        )

    elapsed, instant = 0, started
    while instant < now:
        elapsed += is_worked(instant)
        instant += MINUTE
    due = None
    if all(end for _first, end in pauses):
        due, left = started, asked["target_minutes"]
        while left:
            left -= is_worked(due)
            due += MINUTE
    return {
        "due_at": due,
        "elapsed_minutes": elapsed,
        "remaining_minutes": asked["target_minutes"] - elapsed,
        "breached": due is not None and now > due,
    }


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
