"""A rendering process: reads jobs from its standard input, writes answers to its standard output, until the end of input."""

from __future__ import annotations

import base64
import json
import logging
import os
import resource
import struct
import sys
from typing import BinaryIO

HEAD = struct.Struct(">cI")
DONE, FAILED = b"d", b"f"


def main(most_memory: int) -> None:
    """Answers one job after the other; never more than `most_memory` bytes of address space."""
    resource.setrlimit(resource.RLIMIT_AS, (most_memory, most_memory))
    # Nothing a library prints may end up between the answers
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    logging.getLogger("weasyprint").addHandler(logging.NullHandler())
    from app.documents import engine

    while (raw := read_frame(sys.stdin.buffer)) is not None:
        try:
            kind, body = DONE, engine.draw(_read_job(engine, raw[1]))
        except Exception as error:  # noqa: BLE001 - told to the parent, which decides
            kind, body = FAILED, f"{type(error).__name__}: {error}".encode()
        write_frame(answers, kind, body)


def read_frame(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    """One kind and body; None at the end of the stream."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, size = HEAD.unpack(head)
    body = stream.read(size)
    return (kind, body) if len(body) == size else None


def write_frame(stream: BinaryIO, kind: bytes, body: bytes) -> None:
    stream.write(HEAD.pack(kind, len(body)) + body)
    stream.flush()


def _read_job(engine, raw: bytes):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - imported late
    facts = json.loads(raw)
    enclosures = [
        engine.Enclosure(one["name"], base64.b64decode(one["content"]), one["relationship"])
        for one in facts.pop("enclosures")
    ]
    return engine.Job(**facts, enclosures=enclosures)


if __name__ == "__main__":
    main(int(sys.argv[1]))
