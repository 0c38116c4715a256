"""How the application and its renderer talk: frames of a header in JSON and blocks of bytes, each with its length."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO

_LENGTH = struct.Struct("!I")
OUT_OF_MEMORY = 3  # the exit code of a renderer that cannot go on
LONGEST_BLOCK = 512 * 1024 * 1024


class FrameBroken(Exception):
    """The other side ended in the middle of a frame."""


def write_frame(stream: BinaryIO, header: dict[str, Any], blocks: Sequence[bytes] = ()) -> None:
    """Writes one frame and flushes it."""
    head = json.dumps(header | {"blocks": len(blocks)}).encode()
    for block in (head, *blocks):
        stream.write(_LENGTH.pack(len(block)))
        stream.write(block)
    stream.flush()


def read_frame(stream: BinaryIO) -> tuple[dict[str, Any], list[bytes]] | None:
    """The next frame, or None when the other side has closed. Raises FrameBroken."""
    first = stream.read(_LENGTH.size)
    if not first:
        return None
    header = json.loads(_rest(stream, first))
    return header, [_rest(stream, _exactly(stream, _LENGTH.size)) for _ in range(header["blocks"])]


def _rest(stream: BinaryIO, length: bytes) -> bytes:
    if len(length) < _LENGTH.size or (size := _LENGTH.unpack(length)[0]) > LONGEST_BLOCK:
        raise FrameBroken
    return _exactly(stream, size)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise FrameBroken
    return content
