"""Knows the few families of refusal; a broken rule is a small subclass whose docstring is its message."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Writer = Callable[[Any], Any]


class _Details:
    """How amounts and days in a message are written; plainly (`7000.00 EUR`, `2026-09-30`) unless pages know better."""

    write: Writer = staticmethod(lambda value: value)


_IS_KEPT: ContextVar[bool] = ContextVar("is_kept_for_people", default=False)


def write_details_with(writer: Writer) -> None:
    """`writer` is asked when a message is read, so that one refusal is said to a page and to a program in its way."""
    _Details.write = staticmethod(writer)


def as_detail(value: Any) -> Any:
    """An amount or a day as messages write it, for a sentence that is no refusal of its own."""
    return _Details.write(value)


@contextmanager
def kept_for_people() -> Iterator[None]:
    """What is refused within is stored for a page, though no page asks for it now: details are written as there."""
    before = _IS_KEPT.set(True)
    try:
        yield
    finally:
        _IS_KEPT.reset(before)


def is_kept_for_people() -> bool:
    return _IS_KEPT.get()


class TillpaidError(Exception):
    """This cannot be done."""

    def __init__(self, message: str | None = None, **details: Any) -> None:
        """Say ``message``, or the docstring of the class formatted with ``details``.

        Only our own docstrings are formats; the values put into them are never read as one. Give days and `Money` as
        they are: who reads the message decides how they are written.
        """
        self.details = details
        self._said = message
        super().__init__(self.message)

    @property
    def message(self) -> str:
        return self._said if self._said is not None else _from_docstring(type(self), self.details)

    def __str__(self) -> str:
        return self.message


class RuleError(TillpaidError):
    """A rule does not allow this."""


class NotFound(TillpaidError):
    """This does not exist, or no longer."""


class Forbidden(TillpaidError):
    """Your role does not allow this."""


class Conflict(TillpaidError):
    """Somebody changed this in the meantime. Load it again and repeat your change."""


class BadInput(TillpaidError):
    """This value cannot be used."""

    def __init__(self, message: str | None = None, field: str | None = None, **details: Any) -> None:
        """``field`` is the path of the value that is wrong, such as ``lines[0].quantity``."""
        self.field = field
        super().__init__(message, **details, **({"field": field} if field is not None else {}))


def _from_docstring(kind: type[TillpaidError], details: dict[str, Any]) -> str:
    text = " ".join((inspect.getdoc(kind) or kind.__name__).split())
    written = {name: _Details.write(value) for name, value in details.items()}
    return text.format(**written) if written else text
