"""Knows what our child processes have in common: an environment without ours, patient answers, no open transaction."""

from __future__ import annotations

import os
import select
import time
from pathlib import Path

from flask import has_app_context

from app.db.base import session
from app.db.unit_of_work import is_in_unit_of_work

ROOT = Path(__file__).resolve().parents[2]


class Patient:
    """Reads a pipe for so long, then raises TimeoutError."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.until = 0.0

    def allow(self, seconds: float) -> None:
        """The next answer may take so long, from now on."""
        self.until = time.monotonic() + seconds

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size:
            ready, _, _ = select.select([self.descriptor], [], [], max(0.0, self.until - time.monotonic()))
            if not ready:
                raise TimeoutError
            part = os.read(self.descriptor, min(size, 1 << 20))
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def require_no_transaction() -> None:
    """Ends a page's read: a reader of SQLite makes every commit wait. A unit of work is a mistake of the caller."""
    if has_app_context():
        if is_in_unit_of_work():
            raise RuntimeError("a document is rendered after the commit, never inside a unit of work")
        session().rollback()


def environment_of(folder: str) -> dict[str, str]:
    """Nothing of ours: no secret, no database address, no proxy."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "FONTCONFIG_FILE") if name in os.environ}
    return kept | {
        "HOME": folder, "TMPDIR": folder, "XDG_CACHE_HOME": folder, "TZ": "UTC", "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0",
    }  # fmt: skip
