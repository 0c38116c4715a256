"""Knows the version a form was filled in from: what is not a number was never ours."""

from __future__ import annotations

from app.kernel.errors import Conflict


def read_version(typed: str | None) -> int:
    """The version of the hidden field; Conflict when it is junk, as when the page is from another time."""
    text = (typed or "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Conflict
    return int(text)
