"""When a job is due: its local times as instants, over every jump of the clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Daily:
    """Every local day at a local time."""

    at: time

    def local_times(self, first: date, last: date) -> Iterator[datetime]:
        for day in _days(first, last):
            yield datetime.combine(day, self.at)

    def period(self, local: datetime) -> str:
        """What may have one slot only, whatever the time of day becomes: the local date."""
        return local.date().isoformat()


@dataclass(frozen=True)
class Hourly:
    """Every local hour at a minute. Of an hour that comes twice the first counts."""

    minute: int = 0

    def local_times(self, first: date, last: date) -> Iterator[datetime]:
        for day in _days(first, last):
            for hour in range(24):
                yield datetime.combine(day, time(hour, self.minute))

    def period(self, local: datetime) -> str:
        return f"{local:%Y-%m-%dT%H}"


@dataclass(frozen=True)
class QuarterHourly:
    """Every local quarter of an hour, so many minutes after it begins. Of an hour that comes twice the first counts."""

    minute: int = 0

    def local_times(self, first: date, last: date) -> Iterator[datetime]:
        for day in _days(first, last):
            for quarter in range(24 * 4):
                yield datetime.combine(day, time(quarter // 4, quarter % 4 * 15 + self.minute))

    def period(self, local: datetime) -> str:
        return f"{local:%Y-%m-%dT%H:%M}"


@dataclass(frozen=True)
class Monthly:
    """Every month on a day (the last one where the month is shorter) at a local time."""

    day: int
    at: time

    def local_times(self, first: date, last: date) -> Iterator[datetime]:
        month = first.replace(day=1)
        while month <= last:
            after = (month + timedelta(days=32)).replace(day=1)
            day = min(month + timedelta(days=self.day - 1), after - ONE_DAY)
            if first <= day <= last:
                yield datetime.combine(day, self.at)
            month = after

    def period(self, local: datetime) -> str:
        return f"{local:%Y-%m}"


Schedule = Daily | Hourly | QuarterHourly | Monthly


@dataclass(frozen=True, order=True)
class DueSlot:
    """One run: the instant it is due, the local time people read, and the period it is the only run of."""

    due_at: datetime
    local_time: str
    period: str

    @property
    def local_date(self) -> date:
        return date.fromisoformat(self.local_time[:10])


def due_slots(schedule: Schedule, zone: ZoneInfo, after: datetime, until: datetime) -> list[DueSlot]:
    """The slots due in (after, until], in order.

    A local time the clock jumps over is due at the first instant after the jump; one that comes twice is due the first
    time only. So every local day (hour, month) has exactly one slot.
    """
    first = after.astimezone(zone).date() - ONE_DAY
    last = until.astimezone(zone).date() + ONE_DAY
    slots = (_due_slot(schedule, local, zone) for local in schedule.local_times(first, last))
    return sorted(slot for slot in slots if after < slot.due_at <= until)


def next_slot(schedule: Schedule, zone: ZoneInfo, after: datetime) -> DueSlot:
    """The first slot due after an instant."""
    for days in (3, 40):
        if found := due_slots(schedule, zone, after, after + timedelta(days=days)):
            return found[0]
    raise AssertionError("a schedule is due at least once in 40 days")


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which a clock on the wall of this zone shows `local`, or has jumped past it; in UTC."""
    early = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    late = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if early <= late:
        return early
    # In a gap fold=0 reads the offset before the jump and fold=1 the one after, so the jump lies in (late, early]
    return _jump_between(late, early, zone)


def _jump_between(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def _due_slot(schedule: Schedule, local: datetime, zone: ZoneInfo) -> DueSlot:
    return DueSlot(instant_of(local, zone), local.isoformat(timespec="minutes"), schedule.period(local))


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


# --- what becomes of a slot whose work failed -------------------------------------------------------------------------

LEASE = timedelta(minutes=10)
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
MOST_ATTEMPTS = len(PAUSES) + 1
LONGEST_ERROR = 2_000


def pause_after(attempts: int) -> timedelta | None:
    """How long to wait after so many failed attempts; None when a person has to look."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None
