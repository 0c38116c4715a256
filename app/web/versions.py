"""Knows the version a form was filled in from: what is not a number was never ours."""

from __future__ import annotations

from app.kernel.errors import Conflict


def read_version(typed: object) -> int:
    """The version of the hidden field; Conflict when it is junk or was not sent, as by a page from another time.

    A number is no text: it stands in a form's field only when nothing was sent and the stored one shows through.
    """
    text = typed.strip() if isinstance(typed, str) else ""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Conflict
    return int(text)
