"""Knows what is form and what is filling in the HTML of a document: blocks, slots for texts, and rows that repeat.

Two documents of one template differ in texts and in how many rows their tables have. Without those, a block is its
shape, in which every text is a numbered marker; the shape can be laid out once and filled often. Pure.
"""

from __future__ import annotations

import base64
import html
import re
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

MARKER = "i"  # narrow: it must fit wherever a text of a few letters does
_PNG = b"\x89PNG\r\n\x1a\n"
# Closed by themselves
_VOID = frozenset({"br", "img", "col", "hr", "wbr"})
_TOKEN = re.compile(r"""<(/?)([a-z][a-z0-9]*)((?:[^<>"']|"[^"]*"|'[^']*')*)>|([^<>]+)""")
_PAGE = re.compile(r"(.*<body[^<>]*>)(.*)</body>\s*</html>\s*", re.DOTALL)
_TITLE = re.compile(r"<title>[^<]*</title>")
_PICTURE = re.compile(r"""src="(data:image/png;base64,([A-Za-z0-9+/=]+))\"""")
# What tables tell the ends of pages, such as sums to carry over; on one page nobody sees it
_BETWEEN_PAGES = re.compile(r' data-[a-z]+="[^"]*"')
_STANDING = {"ARABIC": "\u0634", "HEBREW": "\u05d0"}


class NoForm(Exception):
    """The document is not made of blocks, texts and rows alone, or does not fit into its form."""


@dataclass(frozen=True)
class Slot:
    """A place for a text or a picture: all that the layout of its surroundings may depend on."""

    before: str = ""
    after: str = ""
    script: str = ""
    is_foreign: bool = False
    size: tuple[int, int] | None = None

    def markup(self, number: int) -> str:
        if self.size:
            return f'{self.before}src="{_blank_picture(*self.size)}" data-slot="{number}"{self.after}'
        return f"{self.before}{self.script or MARKER}{'' if self.is_foreign else number}{self.after}"


@dataclass(frozen=True)
class Block:
    """One child of the body. `values`: for each slot its texts, as many as its row has repetitions."""

    shape: str
    values: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Row:
    """A row of a table without a table inside: its parts, and the values of each repetition."""

    parts: tuple[str | Slot, ...]
    values: tuple[tuple[str, ...], ...]


def split_page(page: str) -> tuple[str, list[str]]:
    """What stands before the blocks, without the title, and the blocks as they are written. Raises NoForm."""
    found = _PAGE.fullmatch(page)
    if found is None:
        raise NoForm("no body")
    return _TITLE.sub("<title>-</title>", found[1]), list(_sources(found[2]))


def _sources(body: str) -> Iterator[str]:
    """The children of the body, as they are written; every element must be closed by name."""
    begin = end = 0
    names: list[str] = []
    for token in _TOKEN.finditer(body):
        if token.start() != end:
            raise NoForm("markup of its own kind")
        end = token.end()
        closing, name, text = token[1], token[2], token[4]
        if text is not None:
            if not names and text.strip():
                raise NoForm("text outside a block")
            continue
        if closing:
            if not names or names.pop() != name:
                raise NoForm("an element that is not closed")
        else:
            begin = begin if names else token.start()
            if name not in _VOID:
                names.append(name)
        if not names:
            yield body[begin:end]
    if names or end != len(body):
        raise NoForm("an element that is not closed")


def read_block(source: str) -> Block:
    """The shape of a block and its values. Raises NoForm."""
    written: list[str | Slot | Row] = []
    values: list[str] = []
    begins: list[tuple[int, int]] = []
    for token in _TOKEN.finditer(source):
        tag, name, text = token[0], token[2], token[4]
        if text is not None:
            _write_text(text, written, values)
            continue
        if name == "img":
            _write_picture(tag, written, values)
            continue
        if name == "tr" and not token[1]:
            begins.append((len(written), len(values)))
        written.append(_BETWEEN_PAGES.sub("", tag))
        if name == "tr" and token[1]:
            _fold_row(written, values, *begins.pop())
    return _numbered(written, values)


def _write_text(text: str, written: list[str | Slot | Row], values: list[str]) -> None:
    stripped = text.strip()
    if not stripped:
        if not (written and isinstance(written[-1], Row)):
            written.append(text)
        return
    at = text.index(stripped)
    value = html.unescape(stripped)
    written.append(Slot(text[:at], text[at + len(stripped) :], *_script(value)))
    values.append(value)


def _write_picture(tag: str, written: list[str | Slot | Row], values: list[str]) -> None:
    found = _PICTURE.search(tag)
    if found is None:
        raise NoForm("a picture that is not a PNG")
    written.append(Slot(tag[: found.start()], tag[found.end() :], size=_picture_size(found[2])))
    values.append(found[1])


def _fold_row(written: list[str | Slot | Row], values: list[str], begin: int, first: int) -> None:
    """Makes one part of a row, and one of two rows that differ in their texts alone."""
    parts = written[begin:]
    if any(isinstance(part, Row) for part in parts):
        return
    row = Row(tuple(part for part in parts if not isinstance(part, Row)), tuple((value,) for value in values[first:]))
    del written[begin:], values[first:]
    last = written[-1] if written else None
    if isinstance(last, Row) and last.parts == row.parts and row.values:
        row = Row(row.parts, tuple(old + new for old, new in zip(last.values, row.values, strict=True)))
        written.pop()
    written.append(row)


def _numbered(written: list[str | Slot | Row], values: list[str]) -> Block:
    single = iter(values)
    filling: list[tuple[str, ...]] = []
    markup: list[str] = []
    for part in written:
        own = iter(part.values) if isinstance(part, Row) else iter(())
        for each in part.parts if isinstance(part, Row) else (part,):
            if isinstance(each, Slot):
                markup.append(each.markup(len(filling)))
                filling.append(next(own) if isinstance(part, Row) else (next(single),))
            else:
                markup.append(each)
    return Block("".join(markup), tuple(filling))


def _script(text: str) -> tuple[str, bool]:
    """A letter for a script with lines of another height than Latin, Greek and Cyrillic have; whether all is in it."""
    if text.isascii():
        return "", False
    foreign = [letter for letter in text if letter >= "\u0530" and not "\u1e00" <= letter < "\u2200"]
    if not foreign:
        return "", False
    script = unicodedata.name(foreign[0], "").partition(" ")[0]
    return _STANDING.get(script, foreign[0]), len(foreign) + text.count(" ") == len(text)


def _picture_size(encoded: str) -> tuple[int, int]:
    start = base64.b64decode(encoded[:32])
    width, height = struct.unpack(">II", start[16:24]) if len(start) == 24 else (0, 0)
    if not 0 < width * height <= 25_000_000:
        raise NoForm("a picture without a size")
    return width, height


@cache
def _blank_picture(width: int, height: int) -> str:
    """The address of a white picture of that size."""
    rows = zlib.compress(bytes((width + 7) // 8 + 1) * height)
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b""))
    content = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return f"data:image/png;base64,{base64.b64encode(_PNG + content).decode()}"
