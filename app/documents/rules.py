"""When a document that failed to render is tried again, and when a person has to look."""

from __future__ import annotations

from datetime import timedelta

LEASE = timedelta(minutes=5)
PAUSES = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
MOST_ATTEMPTS = len(PAUSES) + 1
LONGEST_ERROR = 2_000


def pause_after(attempts: int) -> timedelta | None:
    """How long to wait after so many failed attempts; None when it is no use trying again by itself."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None
