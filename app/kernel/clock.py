"""Knows what time it is: the one module that reads the clock. Only the roof and views call it."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from app.kernel.errors import BadInput


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def business_today(now: datetime, zone: str | tzinfo) -> date:
    """The calendar date at the instant ``now`` where the company does business."""
    if now.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return now.astimezone(zone_named(zone) if isinstance(zone, str) else zone).date()


def zone_named(name: str) -> ZoneInfo:
    """The IANA time zone ``name``, or BadInput."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(f"There is no time zone {name[:60]!r}. Write one like Europe/Berlin.", field="zone") from None


@cache
def list_zones() -> tuple[str, ...]:
    """The names of places to choose from; abbreviations and offsets have other rules than people expect."""
    places = {name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))}
    return ("UTC", *sorted(places))


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant with its offset, such as ``2026-11-22T08:00:00+01:00``, in UTC; else BadInput."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput("Write an instant like 2026-11-22T08:00:00+01:00.") from None
    if instant.tzinfo is None:
        raise BadInput("An instant needs its offset, like 2026-11-22T08:00:00+01:00 or ...Z.")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise BadInput("This instant is out of range.") from None
