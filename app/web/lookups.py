"""Knows how a wing asks for something that stands to its right: by name, answered by the roof's table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from flask import current_app

if TYPE_CHECKING:
    from flask import Flask

Lookups = Mapping[str, Callable[[], Any]]


def connect_lookups(app: Flask, table: Lookups) -> None:
    """The table says who answers which question; a question nobody answers has its asker's default."""
    app.extensions["tillpaid_lookups"] = table


def look_up(name: str, default: Any) -> Any:
    """The answer now, or the default when there is none yet."""
    answers: Lookups = current_app.extensions.get("tillpaid_lookups", {})
    answer = answers[name]() if name in answers else None
    return default if answer is None else answer
