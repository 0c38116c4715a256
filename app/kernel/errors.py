"""Knows the few families of refusal; a broken rule is a small subclass whose docstring is its message."""

from __future__ import annotations

import inspect
from typing import Any


class TillpaidError(Exception):
    """This cannot be done."""

    def __init__(self, message: str | None = None, **details: Any) -> None:
        """Say ``message``, or the docstring of the class formatted with ``details``.

        Only our own docstrings are formats; the values put into them are never read as one.
        """
        self.details = details
        self.message = message if message is not None else _from_docstring(type(self), details)
        super().__init__(self.message)

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
    return text.format(**details) if details else text
