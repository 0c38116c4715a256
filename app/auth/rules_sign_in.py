"""Knows how often one may try to sign in, and how long a session lives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=1)
MOST_PER_ACCOUNT = 5
MOST_PER_ADDRESS = 30


def count_attempt(past: Sequence[datetime], now: datetime, *, most: int) -> tuple[list[datetime], int]:
    """The attempts of the last minute with this one, and the seconds to wait: 0 when this one is allowed.

    A refused attempt is not added, so waiting always helps.
    """
    recent = sorted(instant for instant in past if now - WINDOW < instant <= now)
    if len(recent) >= most:
        wait = recent[-most] + WINDOW - now
        return recent, max(1, -(-wait // timedelta(seconds=1)))
    return [*recent, now], 0


# --- sessions -------------------------------------------------------------------------------------------------------

IDLE_LIMIT = timedelta(minutes=60)
LIFE_LIMIT = timedelta(hours=12)
SEEN_STEP = timedelta(seconds=60)  # how coarsely "last seen" is kept, so that not every page writes


def is_alive(created_at: datetime, last_seen_at: datetime, now: datetime) -> bool:
    """Whether a session still counts: used within the last hour and begun within the last twelve."""
    return now - last_seen_at < IDLE_LIMIT and now - created_at < LIFE_LIMIT
