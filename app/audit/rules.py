"""How audit entries become one chain of digests: each seal's digest covers the digest before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

SEAL_SIZE = 1_000
FIRST_DIGEST = ""


def seal_digest(previous: str, rows: Iterable[Sequence[str | int | None]]) -> str:
    """SHA-256 over the previous digest and each row, one canonical line per row, in order."""
    chain = hashlib.sha256(previous.encode())
    for row in rows:
        chain.update(json.dumps(list(row), separators=(",", ":"), ensure_ascii=False).encode())
        chain.update(b"\n")
    return chain.hexdigest()
