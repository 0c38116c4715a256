"""Knows the SLA clock: when a target is due, how much of it is used, and whether it is broken, in working minutes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from app.kernel.clock import zone_named
from app.kernel.errors import BadInput
from app.kernel.fields import Fields, answer_each, read_date, read_instant
from app.kernel.working_time import (
    ALWAYS,
    Span,
    WorkingHours,
    count_minutes,
    find_end,
    instant_of,
    merge,
    minute_of,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_MINUTES = 1_000_000
MOST_INTERVALS = 24
MOST_CLOSED = 10_000
T = TypeVar("T")

HORIZON = timedelta(days=100 * 366)  # a calendar that has not worked off a target by then never will
FIRST_YEAR, LAST_YEAR = 1970, 9_000
NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # after every due instant: where a task without one stands in a list


class NeverDue(BadInput):
    """The target is not reached within a hundred years: the calendar has too few working hours."""


@dataclass(frozen=True, slots=True)
class Sla:
    """A clock that runs: from a minute on, for so many working minutes, with pauses (the last may be open)."""

    calendar: WorkingHours
    started: int
    target_minutes: int
    pauses: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class SlaState:
    """`due_at` is None while a pause is open: nobody knows when it ends."""

    due_at: datetime | None
    elapsed_minutes: int
    remaining_minutes: int
    breached: bool

    def as_json(self, zone: ZoneInfo) -> dict[str, Any]:
        return {
            "due_at": self.due_at.astimezone(zone).isoformat() if self.due_at else None,
            "elapsed_minutes": self.elapsed_minutes,
            "remaining_minutes": self.remaining_minutes,
            "breached": self.breached,
        }


def read_clock(sla: Sla, now: datetime) -> SlaState:
    """The clock at an instant: after the target `remaining_minutes` is below zero; breached is now > due."""
    elapsed = count_minutes(sla.calendar, sla.started, minute_of(now), sla.pauses)
    due_at = find_due(sla)
    return SlaState(due_at, elapsed, sla.target_minutes - elapsed, due_at is not None and now > due_at)


def find_due(sla: Sla) -> datetime | None:
    """When the target is due; None while a pause is open. Raises NeverDue."""
    if any(end >= ALWAYS for _first, end in sla.pauses):
        return None
    horizon = sla.started + HORIZON // timedelta(minutes=1)
    due = find_end(sla.calendar, sla.started, sla.target_minutes, horizon, sla.pauses)
    if due is None:
        raise NeverDue(field="target_minutes")
    return instant_of(due)


# --- as JSON --------------------------------------------------------------------------------------------------------


def compute_json(raw: object) -> dict[str, Any] | list[dict[str, Any]]:
    """The answer to one clock, or to each of a list; a refused one is ``{"error": ..., "field": ...}``."""
    return answer_each(raw, _compute)


def _compute(raw: object) -> dict[str, Any]:
    fields = Fields(raw, "", "zone hours holidays started_at target_minutes pauses now")
    calendar = parse_calendar(fields)
    target = fields.value("target_minutes")
    if type(target) is not int or not 0 <= target <= MOST_MINUTES:
        fields.refuse("target_minutes", f"This must be a whole number of minutes from 0 to {MOST_MINUTES}.")
    started, now = _instant(fields.value("started_at"), "started_at"), _instant(fields.value("now"), "now")
    sla = Sla(calendar, minute_of(started), target, fields.each("pauses", _pause))
    return read_clock(sla, now).as_json(ZoneInfo(calendar.zone))


def parse_calendar(fields: Fields) -> WorkingHours:
    """The calendar in the fields zone, hours and holidays. Intervals of a day may touch or overlap."""
    zone = fields.text("zone", default=None)
    zone_named(zone)
    days = Fields(fields.value("hours") or {}, fields.at("hours"), " ".join(WEEKDAYS))
    hours = tuple(tuple(merge(days.each(day, _interval, MOST_INTERVALS))) for day in WEEKDAYS)
    if not any(hours):
        fields.refuse("hours", 'There are no working hours. Give a day some, like "mon": [["09:00", "17:00"]].')
    return WorkingHours(zone, hours, frozenset(fields.each("holidays", read_date, MOST_CLOSED)))


def _interval(raw: object, path: str) -> Span:
    begins, ends = _pair(raw, path, _minute_of_day)
    if begins >= ends:
        raise BadInput(
            "It must end after it begins. Write work over midnight as two: up to 24:00, and from 00:00.", field=path
        )
    return begins, ends


def _pause(raw: object, path: str) -> Span:
    first, end = _pair(raw, path, lambda value, at: None if value is None else minute_of(_instant(value, at)))
    if first is None:
        raise BadInput("A pause begins at an instant; only its end may be open.", field=f"{path}[0]")
    if end is not None and end < first:
        raise BadInput("A pause cannot end before it begins.", field=path)
    return first, ALWAYS if end is None else end


def _pair(raw: object, path: str, read: Callable[[object, str], T]) -> tuple[T, T]:
    if not isinstance(raw, list) or len(raw) != 2:
        raise BadInput("This must be a pair: [from, to].", field=path)
    return read(raw[0], f"{path}[0]"), read(raw[1], f"{path}[1]")


def _minute_of_day(raw: object, path: str) -> int:
    hour, _, minute = (raw if isinstance(raw, str) else "").partition(":")
    if len(hour) == len(minute) == 2 and (hour + minute).isascii() and (hour + minute).isdigit():
        found = int(hour) * 60 + int(minute)
        if int(minute) < 60 and found <= 24 * 60:
            return found
    raise BadInput("This must be a time of day like 09:00; a day ends at 24:00.", field=path)


def _instant(raw: object, path: str) -> datetime:
    instant = read_instant(raw, path)
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise BadInput(f"This must be in the years {FIRST_YEAR} to {LAST_YEAR}.", field=path)
    return instant
