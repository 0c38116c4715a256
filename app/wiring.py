"""Who answers which news, and who renders which document: the seams between wings, in one table each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.db.events import Event

# event -> services that answer it, in order, in the same unit of work
ANSWERS: Mapping[type[Event], Sequence[Callable[[Any], None]]] = {}

# (owner kind, document kind) -> renders it from frozen facts, outside a transaction, and returns the bytes' facts
RENDERERS: Mapping[tuple[str, str], Callable[[int, datetime], None]] = {}
