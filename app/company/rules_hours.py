"""Knows how people write working hours and closing days: "09:00-12:30, 13:30-17:00", "2026-12-24 Christmas Eve"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from app.kernel.errors import BadInput
from app.kernel.texts import clean_line
from app.kernel.working_time import Span, merge

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NINE_TO_FIVE = ((9 * 60, 17 * 60),)
STANDARD_WEEK: tuple[tuple[Span, ...], ...] = (*(NINE_TO_FIVE,) * 5, (), ())
MOST_INTERVALS = 8
MOST_CLOSED = 400
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_INTERVAL = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*[-–]\s*(\d{1,2})(?::(\d{2}))?")


class HoursUnreadable(BadInput):
    """ "{text}" is no working time. Write it like 09:00-12:30, 13:30-17:00, or leave the day empty."""


class HoursOverlap(BadInput):
    """{earlier} and {later} overlap. Let one end before the other begins."""


class NoWorkingHours(BadInput):
    """Nobody would ever work. Give at least one weekday its hours, like 09:00-17:00."""


class ClosedDayUnreadable(BadInput):
    """Line {number}: "{text}" does not begin with a date. Write it like 2026-12-24 Christmas Eve, or 24.12.2026."""


def parse_week(days: Sequence[str]) -> tuple[tuple[Span, ...], ...]:
    """The intervals of seven weekdays, Monday first. Raises BadInput naming the weekday."""
    week = tuple(parse_hours(text, field) for field, text in zip(WEEKDAYS, days, strict=True))
    if not any(week):
        raise NoWorkingHours(field=WEEKDAYS[0])
    return week


def parse_hours(text: str, field: str) -> tuple[Span, ...]:
    """The intervals of one day in minutes after midnight, in order; those that touch become one. Raises BadInput."""
    parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    if len(parts) > MOST_INTERVALS:
        raise HoursUnreadable(text=text[:40], field=field)
    intervals = [_interval(part, field) for part in parts]
    for earlier, later in pairwise(sorted(intervals)):
        if later[0] < earlier[1]:
            raise HoursOverlap(earlier=write_hours([earlier]), later=write_hours([later]), field=field)
    return tuple(merge(intervals))


def _interval(text: str, field: str) -> Span:
    found = _INTERVAL.fullmatch(text)
    begins, ends = (_minutes(found[1], found[2]), _minutes(found[3], found[4])) if found else (0, 0)
    if not begins < ends <= 24 * 60:
        raise HoursUnreadable(text=text[:40], field=field)
    return begins, ends


def _minutes(hour: str, minute: str | None) -> int:
    return 24 * 60 + 1 if int(minute or 0) > 59 else int(hour) * 60 + int(minute or 0)


def write_hours(intervals: Sequence[Sequence[int]]) -> str:
    """As `parse_hours` reads it."""
    return ", ".join(f"{_clock(begins)}-{_clock(ends)}" for begins, ends in intervals)


def summarise_week(week: Sequence[Sequence[Sequence[int]]]) -> list[tuple[str, str]]:
    """Days in a row with the same hours said once: ("Mon-Fri", "09:00-17:00"); free days are left out."""
    found: list[tuple[str, str, str]] = []
    for name, intervals in zip(WEEKDAYS, week, strict=True):
        short, hours = name[:3].capitalize(), write_hours(intervals)
        if found and found[-1][2] == hours:
            found[-1] = found[-1][0], short, hours
        else:
            found.append((short, short, hours))
    return [(first if first == last else f"{first}-{last}", hours) for first, last, hours in found if hours]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _read_day(text: str) -> date:
    """2026-12-24 or 24.12.2026, as the company's letters write it."""
    if dotted := _DOTTED.fullmatch(text):
        return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
    return date.fromisoformat(text)


def parse_closed_days(text: str, field: str = "closed_days") -> list[tuple[date, str]]:
    """One date per line with what it is for, in the order of the dates. Raises BadInput naming the line."""
    found: dict[date, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if words := line.strip():
            day, _, reason = words.partition(" ")
            try:
                found[_read_day(day)] = clean_line(reason, field)
            except ValueError:
                raise ClosedDayUnreadable(number=number, text=words[:40], field=field) from None
    if len(found) > MOST_CLOSED:
        raise BadInput(f"There are more than {MOST_CLOSED} closing days. Leave out those long past.", field=field)
    return sorted(found.items())
