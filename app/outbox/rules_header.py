"""How a header line is written: plain when it is plain, else as encoded words of our own making (RFC 2047).

The standard library folds quoted names so that a comma or an address inside a name can become a recipient; here a name
is either a few plain words or base64, so there is nothing left to misread.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from app.outbox.rules_address import clean_header

LONGEST_LINE = 76
LONGEST_NAME = 100
# 45 bytes are 60 letters of base64; with =?utf-8?B? and ?= an encoded word stays under 75 (RFC 2047 section 2)
WORD_BYTES = 45
_PLAIN_NAME = re.compile(r"[A-Za-z0-9]+( [A-Za-z0-9]+)*")


def text_header(name: str, value: str) -> str:
    """A header of free text, such as Subject."""
    text = clean_header(value)
    is_plain = text.isascii() and len(name) + 2 + len(text) <= LONGEST_LINE
    return f"{name}: {text if is_plain else _encoded(text)}\r\n"


def address_header(name: str, address: str, display_name: str = "") -> str:
    """A header of one address, such as To. A name may not look like an address, since mail programs show it as one."""
    plain = "".join(" " if letter in '<>"\\' else letter for letter in display_name)
    shown = clean_header(plain, longest=LONGEST_NAME)
    if not shown:
        return f"{name}: {address}\r\n"
    is_plain = _PLAIN_NAME.fullmatch(shown) is not None and len(name) + 2 + len(shown) <= LONGEST_LINE
    return f"{name}: {shown if is_plain else _encoded(shown)}\r\n <{address}>\r\n"


def _encoded(text: str) -> str:
    words = (base64.b64encode(chunk).decode() for chunk in _chunks(text))
    return "\r\n ".join(f"=?utf-8?B?{word}?=" for word in words)


def _chunks(text: str) -> Iterator[bytes]:
    """Whole characters only: each encoded word must be valid on its own."""
    chunk = b""
    for letter in text:
        encoded = letter.encode()
        if len(chunk) + len(encoded) > WORD_BYTES:
            yield chunk
            chunk = b""
        chunk += encoded
    yield chunk
