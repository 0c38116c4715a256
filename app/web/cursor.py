"""Knows how a place in a list is written into an address: the sort values of one row, checked when read back."""

from __future__ import annotations

import base64
import binascii
import enum
import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from app.kernel.errors import BadInput

LONGEST_CURSOR = 1_000
LARGEST = 2**63 - 1
Value = str | int | bool | Decimal | date | datetime | None


class BadCursor(BadInput):
    """This page of the list cannot be found. Start again from the first page."""


def write_cursor(order: str, values: Sequence[Value]) -> str:
    """The place of one row; `order` names the sorting it belongs to."""
    body = json.dumps([order, [_write(value) for value in values]], separators=(",", ":"))
    return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")


def read_cursor(text: str, order: str, kinds: Sequence[type]) -> list[Value]:
    """The values, each of the kind its column has; BadCursor for anything else, or for another sorting."""
    try:
        if not text.isascii() or len(text) > LONGEST_CURSOR:
            raise BadCursor
        written, values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if written != order or not isinstance(values, list) or len(values) != len(kinds):
            raise BadCursor
        return [_read(value, kind) for value, kind in zip(values, kinds, strict=True)]
    except (ValueError, TypeError, binascii.Error, InvalidOperation, OverflowError, RecursionError):
        raise BadCursor from None


def _write(value: Value) -> str | int | bool | None:
    if value is None or isinstance(value, bool | int | str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def _read(value: Value, kind: type) -> Value:
    if value is None:
        return None
    if kind is bool or kind is int:
        if type(value) is not kind or abs(value) > LARGEST:
            raise BadCursor
        return value
    if not isinstance(value, str) or "\x00" in value:
        raise BadCursor
    return _read_text(value, kind)


def _read_text(value: str, kind: type) -> Value:
    if kind is datetime:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise BadCursor
        return instant
    if kind is date:
        return date.fromisoformat(value)
    if kind is Decimal:
        number = Decimal(value)
        if not number.is_finite() or abs(number) > LARGEST:
            raise BadCursor
        return number
    if issubclass(kind, enum.Enum):
        return str(kind(value).value)
    value.encode()  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
    return value
