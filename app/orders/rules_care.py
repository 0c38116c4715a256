"""Knows what is done for a customer after an order, and after how many days, until a company says otherwise."""

from __future__ import annotations

from app.kernel.errors import BadInput

LABELS = {
    "satisfaction": "Ask whether they are satisfied",
    "renewal": "Talk about renewing",
    "reorder": "Ask for the next order",
    "other": "Call",
}
# order type -> kind -> days after fulfilment
STANDARD: dict[str, dict[str, int]] = {
    "standard": {"satisfaction": 14, "reorder": 90},
    "custom_build": {"satisfaction": 30},
    "service": {"satisfaction": 14, "renewal": 330},
}
MOST_DAYS = 3_650


class DaysOutOfRange(BadInput):
    """{label}: write a number of days from 1 to {most}, or leave it empty for no reminder."""


def parse_days(text: str, field: str, label: str) -> int | None:
    """Days after fulfilment; None for no reminder. Raises DaysOutOfRange."""
    if not text.strip():
        return None
    days = int(text) if text.strip().isascii() and text.strip().isdigit() and len(text.strip()) < 6 else 0
    if not 1 <= days <= MOST_DAYS:
        raise DaysOutOfRange(label=label, most=MOST_DAYS, field=field)
    return days
