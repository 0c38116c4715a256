"""Knows how to read an object of parsed JSON: its fields, what each may hold, and the path of what is wrong."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from app.kernel.clock import parse_instant
from app.kernel.errors import BadInput
from app.kernel.money import to_minor
from app.kernel.quantities import parse_decimal

T = TypeVar("T")
E = TypeVar("E", bound=enum.StrEnum)

LONGEST_TEXT = 10_000
MOST_ENTRIES = 100_000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Fields:
    """One JSON object at a path. A missing key and null mean the default; keys nobody asked for are refused."""

    def __init__(self, raw: object, path: str, known: str) -> None:
        self.path = path
        if not isinstance(raw, dict):
            raise BadInput("This must be an object with named fields.", field=path or None)
        self._raw: dict[str, Any] = raw
        for key in raw:
            if key not in known.split():
                shown = str(key)[:40].encode("utf-8", "replace").decode()
                raise BadInput(f"Unknown field. Known here: {', '.join(known.split())}.", field=self.at(shown))

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def refuse(self, name: str, message: str) -> NoReturn:
        raise BadInput(message, field=self.at(name))

    def value(self, name: str) -> Any:
        return self._raw.get(name)

    def number(self, name: str, default: int = 0) -> Decimal:
        raw = self.value(name)
        return Decimal(default) if raw is None else parse_decimal(raw, self.at(name))

    def optional_number(self, name: str) -> Decimal | None:
        return None if self.value(name) is None else self.number(name)

    def amount(self, name: str, currency: str) -> int:
        """Major units of the currency, in minor units."""
        return exact_minor(self.number(name), currency, self.at(name))

    def whole(self, name: str, most: int) -> int:
        raw = self.value(name)
        if raw is None:
            return 0
        if type(raw) is not int or not 0 <= raw <= most:
            self.refuse(name, f"This must be a whole number from 0 to {most}.")
        return raw

    def flag(self, name: str) -> bool:
        raw = self.value(name)
        if raw is not None and not isinstance(raw, bool):
            self.refuse(name, "This must be true or false.")
        return bool(raw)

    def text(self, name: str, default: str | None = "") -> str:
        """Text that can be stored and shown; without a default it must be there and not be empty."""
        raw = self.value(name)
        if raw is None and default is not None:
            return default
        if not isinstance(raw, str) or len(raw) > LONGEST_TEXT or not _is_clean(raw):
            self.refuse(name, "This must be text.")
        if default is None and not raw.strip():
            self.refuse(name, "This must not be empty.")
        return raw

    def one_of(self, name: str, words: type[E], default: E) -> E:
        raw = self.value(name)
        if raw is None:
            return default
        known = {word.value: word for word in words}
        if not isinstance(raw, str) or raw not in known:
            self.refuse(name, f"This must be one of: {', '.join(known)}.")
        return known[raw]

    def each(self, name: str, read: Callable[[object, str], T], most: int = MOST_ENTRIES) -> tuple[T, ...]:
        raw = self.value(name)
        if raw is None:
            return ()
        if not isinstance(raw, list):
            self.refuse(name, "This must be a list.")
        if len(raw) > most:
            self.refuse(name, f"This list is too long: {most} entries are the most.")
        return tuple(read(entry, f"{self.at(name)}[{i}]") for i, entry in enumerate(raw))

    def day(self, name: str) -> date | None:
        raw = self.value(name)
        return None if raw is None else read_date(raw, self.at(name))

    def instant(self, name: str) -> datetime:
        """An instant with its offset, in UTC. It must be there."""
        return read_instant(self.value(name), self.at(name))


def read_date(raw: object, path: str) -> date:
    """A date like 2026-11-22, or BadInput at the path."""
    try:
        if isinstance(raw, str) and _DATE.fullmatch(raw):
            return date.fromisoformat(raw)
    except ValueError:
        pass
    raise BadInput("This must be a date like 2026-11-22.", field=path)


def read_instant(raw: object, path: str) -> datetime:
    """An instant with its offset, in UTC, or BadInput at the path."""
    try:
        return parse_instant(raw if isinstance(raw, str) else "")
    except BadInput as refusal:
        raise BadInput(str(refusal), field=path) from refusal


def exact_minor(amount: Decimal, currency: str, field: str) -> int:
    """``amount`` in minor units; BadInput at ``field`` when the currency has not that many decimals."""
    try:
        return to_minor(amount, currency)
    except BadInput as refusal:
        raise BadInput(str(refusal), field=field) from refusal


def answer_each(raw: object, answer: Callable[[object], dict[str, Any]]) -> dict[str, Any] | list[dict[str, Any]]:
    """The answer to an object, or to each of a list; a refused one is ``{"error": ..., "field": ...}`` in its place."""
    return [_answer(one, answer) for one in raw] if isinstance(raw, list) else _answer(raw, answer)


def _answer(raw: object, answer: Callable[[object], dict[str, Any]]) -> dict[str, Any]:
    try:
        return answer(raw)
    except BadInput as refusal:
        return {"error": str(refusal), "field": refusal.field}


def _is_clean(text: str) -> bool:
    """No lone surrogates (they cannot be written) and no NUL (PostgreSQL cannot store it)."""
    return not any(mark == "\0" or "\ud800" <= mark <= "\udfff" for mark in text)
