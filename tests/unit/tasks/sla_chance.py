"""Random clocks for `sla compute`, most of them near the days on which their zone changes its clock."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

# zone -> local days of 2026 around which its clock changes (or, in the last three, does not)
ZONES = {
    "Europe/Berlin": ("03-29", "10-25"),
    "Europe/Lisbon": ("03-29", "10-25"),
    "America/New_York": ("03-08", "11-01"),
    "America/St_Johns": ("03-08", "11-01"),
    "America/Santiago": ("04-04", "09-05"),
    "Australia/Lord_Howe": ("04-05", "10-04"),
    "Australia/Adelaide": ("04-05", "10-04"),
    "Africa/Casablanca": ("02-15", "03-22"),
    "Africa/Cairo": ("04-24", "10-30"),
    "Asia/Kathmandu": ("06-01",),
    "Pacific/Chatham": ("04-05", "09-27"),
    "Pacific/Kiritimati": ("12-31",),
}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def clock(rng: random.Random) -> dict[str, Any]:
    zone = rng.choice(list(ZONES))
    change = datetime.fromisoformat(f"2026-{rng.choice(ZONES[zone])}T12:00+00:00")
    started = change + timedelta(minutes=rng.randint(-5 * 1440, 2 * 1440))
    now = started + timedelta(minutes=rng.randint(-600, 8 * 1440))
    hours = {day: intervals(rng) for day in WEEKDAYS if rng.random() < 0.8}
    if sum(map(len, hours.values())) == 0:
        hours["wed"] = [["09:00", "17:30"]]
    pauses = [pause(rng, started) for _ in range(rng.choice((0, 0, 1, 2, 3)))]
    if rng.random() < 0.15:
        pauses.append([text(started + timedelta(minutes=rng.randint(-100, 4_000)), rng), None])
    return {
        "zone": zone,
        "hours": hours,
        "holidays": [
            (started + timedelta(days=rng.randint(-1, 6))).date().isoformat() for _ in range(rng.choice((0, 0, 1, 2)))
        ],
        "started_at": text(started, rng),
        "target_minutes": rng.choice((0, 1, rng.randint(1, 120), rng.randint(1, 3_000))),
        "pauses": pauses,
        "now": text(now, rng),
    }


def intervals(rng: random.Random) -> list[list[str]]:
    """Some intervals of a day, apart from each other, often over the hours in which clocks change."""
    if rng.random() < 0.1:
        return [["00:00", "24:00"]]
    borders = sorted(rng.sample(range(0, 24 * 60 + 1, rng.choice((1, 15, 30))), k=2 * rng.choice((1, 1, 2, 3))))
    return [[time(first), time(end)] for first, end in zip(borders[::2], borders[1::2], strict=True)]


def pause(rng: random.Random, started: datetime) -> list[str]:
    first = started + timedelta(minutes=rng.randint(-500, 6_000))
    return [text(first, rng), text(first + timedelta(minutes=rng.choice((0, 30, rng.randint(1, 3_000)))), rng)]


def time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def text(instant: datetime, rng: random.Random) -> str:
    """The instant with some offset or other."""
    shift = timedelta(minutes=rng.choice((0, 0, 60, 330, -210)))
    local = (instant.astimezone(UTC) + shift).replace(tzinfo=None).isoformat()
    sign, minutes = ("-" if shift < timedelta(0) else "+"), abs(int(shift.total_seconds())) // 60
    return f"{local}{sign}{minutes // 60:02}:{minutes % 60:02}"
