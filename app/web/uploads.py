"""Knows how a checked file travels through the page that shows its check, so that it need not be chosen twice."""

from __future__ import annotations

import base64
import binascii
import zlib

from app.kernel.errors import BadInput

LARGEST = 16 * 1024 * 1024
LARGEST_PACKED = 900 * 1024  # below the limit of one form field


class PackedUnreadable(BadInput):
    """The file did not survive the way through the page. Choose it again."""


def pack(content: bytes) -> str:
    """The file as text for a hidden field; empty when it is too large for one and has to be chosen again."""
    packed = base64.b64encode(zlib.compress(content, 9)).decode()
    return packed if len(packed) <= LARGEST_PACKED else ""


def unpack(text: str) -> bytes:
    """The file again. Raises PackedUnreadable for junk and for what unpacks beyond the limit of an upload."""
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(base64.b64decode(text, validate=True), LARGEST)
    except (binascii.Error, ValueError, zlib.error):
        raise PackedUnreadable(field="file") from None
    if not content or unpacker.unconsumed_tail or not unpacker.eof:
        raise PackedUnreadable(field="file")
    return content
