"""Knows working time: which minutes of a calendar people work, counted in UTC, over any change of the clock.

A minute is named by its number since 1970 in UTC. It is worked when the wall clock of the zone, at its start, stands in
one of the day's intervals [from, to) and the local date is no closing day. So minutes the clock leaves out in spring
are not there to be worked, and those it repeats in autumn count twice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY_SECONDS = 86_400
FIRST_ORDINAL = date(1970, 1, 1).toordinal()
# No zone changes its clock twice within this time
STEP_MINUTES = 6 * 60
ALWAYS = 1 << 62

Span = tuple[int, int]  # minutes since 1970 in UTC, [first, end)


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """A department's calendar.

    `hours` holds, Monday first, the intervals of each weekday in minutes after local midnight, (540, 1050) for 09:00
    to 17:30, in order and apart from each other; `closed` are local dates on which nobody works.
    """

    zone: str
    hours: tuple[tuple[Span, ...], ...]
    closed: frozenset[date] = frozenset()


def minute_of(instant: datetime) -> int:
    """The number of the minute the instant is in."""
    return (instant - EPOCH) // MINUTE


def instant_of(minute: int) -> datetime:
    """The start of a minute, in UTC."""
    return EPOCH + minute * MINUTE


def working_spans(calendar: WorkingHours, since: int, until: int) -> Iterator[Span]:
    """The worked minutes in [since, until), as spans in order."""
    for first, end, offset in _clock_settings(calendar.zone, since, until):
        for day in range(_local_day(first, offset), _local_day(end - 1, offset) + 1):
            if date.fromordinal(FIRST_ORDINAL + day) in calendar.closed:
                continue
            for begins, ends in calendar.hours[(day + 3) % 7]:  # 1 January 1970 was a Thursday
                span = max(first, _minute_at(day, begins, offset)), min(end, _minute_at(day, ends, offset))
                if span[0] < span[1]:
                    yield span


def without(spans: Iterable[Span], pauses: Iterable[Span]) -> Iterator[Span]:
    """What is left of the spans outside the pauses."""
    stops = merge(pauses)
    ends = [end for _first, end in stops]
    for first, end in spans:
        for stop, goes_on in stops[bisect_right(ends, first) :]:
            if stop >= end:
                break
            if first < stop:
                yield first, stop
            first = min(goes_on, end)
        if first < end:
            yield first, end


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same minutes as spans in order, apart from each other."""
    merged: list[Span] = []
    for first, end in sorted(spans):
        if first >= end:
            continue
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((first, end))
    return merged


def count_minutes(calendar: WorkingHours, since: int, until: int, pauses: Iterable[Span] = ()) -> int:
    """How many minutes in [since, until) are worked, those in a pause left out."""
    return sum(end - first for first, end in without(working_spans(calendar, since, until), pauses))


class WorkedMinutes:
    """Counts the worked minutes between any two minutes of a stretch of time by looking up, for many questions."""

    def __init__(self, calendar: WorkingHours, since: int, until: int) -> None:
        self._starts, self._ends, self._before = [since], [since], [0]
        for first, end in working_spans(calendar, since, until):
            before = self._before[-1] + self._ends[-1] - self._starts[-1]
            self._starts.append(first)
            self._ends.append(end)
            self._before.append(before)

    def between(self, since: int, until: int) -> int:
        """As `count_minutes`; below zero when the second is earlier."""
        return self._up_to(until) - self._up_to(since)

    def _up_to(self, minute: int) -> int:
        place = max(bisect_right(self._starts, minute) - 1, 0)
        return self._before[place] + max(min(minute, self._ends[place]) - self._starts[place], 0)


def find_end(calendar: WorkingHours, since: int, minutes: int, until: int, pauses: Iterable[Span] = ()) -> int | None:
    """The end of the minute with which so many minutes are worked; None when that is not before `until`.

    A target met at closing time ends at closing time, not at the next opening. No minutes end at once.
    """
    if minutes == 0:
        return since
    for first, end in without(working_spans(calendar, since, until), pauses):
        if minutes <= end - first:
            return first + minutes
        minutes -= end - first
    return None


def _local_day(minute: int, offset: int) -> int:
    return (minute * 60 + offset) // DAY_SECONDS


def _minute_at(day: int, minute_of_day: int, offset: int) -> int:
    """The first minute at whose start the wall clock shows at least this; offsets may have seconds, so it rounds up."""
    return -((offset - day * DAY_SECONDS - minute_of_day * 60) // 60)


def _clock_settings(zone: str, since: int, until: int) -> Iterator[tuple[int, int, int]]:
    """The stretches of [since, until) over which the clock keeps its offset: first minute, end, seconds from UTC."""
    if since >= until:
        return
    for year in range(instant_of(since).year, instant_of(until - 1).year + 1):
        for first, end, offset in _settings_of_year(zone, year):
            if first < until and end > since:
                yield max(first, since), min(end, until), offset


@lru_cache(maxsize=4096)
def _settings_of_year(zone: str, year: int) -> tuple[tuple[int, int, int], ...]:
    clock = ZoneInfo(zone)
    first, end = minute_of(datetime(year, 1, 1, tzinfo=UTC)), minute_of(datetime(year + 1, 1, 1, tzinfo=UTC))
    found, start, offset = [], first, _offset(clock, first)
    for minute in [*range(first + STEP_MINUTES, end, STEP_MINUTES), end - 1]:
        if (changed := _offset(clock, minute)) != offset:
            change = _find_change(clock, minute - STEP_MINUTES, minute, offset)
            found.append((start, change, offset))
            start, offset = change, changed
    return (*found, (start, end, offset))


def _find_change(clock: ZoneInfo, before: int, after: int, offset: int) -> int:
    """The first minute with another offset, between one that has it and one that has not."""
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _offset(clock, middle) == offset else (before, middle)
    return after


def _offset(clock: ZoneInfo, minute: int) -> int:
    shift = instant_of(minute).astimezone(clock).utcoffset() or timedelta(0)
    return int(shift.total_seconds())
