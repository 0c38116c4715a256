"""Knows the objects of a PDF as bytes: fonts and colours that documents have in common are written and packed once."""

from __future__ import annotations

import re
import zlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pydyf
from weasyprint.pdf.fonts import build_fonts_dictionary

MOST_FONTS = 64
_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
_OPTIONS = {"hinting": False, "pdf_version": "1.7"}


class Written(pydyf.Object):  # type: ignore[misc]
    """An object as it will stand in the file. The engine asks twice, for the file and for its fingerprint."""

    def __init__(self, data: bytes, *, is_stream: bool, like: Any = None) -> None:
        super().__init__()
        if like is not None:
            self.number, self.generation, self.free = like.number, like.generation, like.free
        self.written = data
        self.is_stream = is_stream

    @property
    def data(self) -> bytes:
        return self.written

    @property
    def compressible(self) -> bool:
        return not self.generation and not self.is_stream


def write_objects(pdf: pydyf.PDF) -> None:
    """Writes every object once, and packs what comes again in other documents only once."""
    pdf.objects = [_written(found) for found in pdf.objects]


def _written(found: Any) -> Any:
    if isinstance(found, Written) or found.free != "n":
        return found
    is_stream = isinstance(found, pydyf.Stream)
    if is_stream and found.compress and len(found.stream) == 1 and isinstance(found.stream[0], bytes):
        found.stream, found.compress = [_packed(found.stream[0])], False
        found.extra["Filter"] = "/FlateDecode"
    return Written(found.data, is_stream=is_stream, like=found)


@lru_cache(maxsize=64)
def _packed(content: bytes) -> bytes:
    return zlib.compress(content, 9)


@dataclass(frozen=True)
class EmbeddedFont:
    """A font with some of its glyphs: its objects, which refer to each other by their places in here."""

    hash: str
    objects: tuple[tuple[bytes, bool], ...]
    root: int

    def add_to(self, pdf: pydyf.PDF) -> bytes:
        """Returns how the page refers to it."""
        first = len(pdf.objects)
        for data, is_stream in self.objects:
            own = data if is_stream else _REFERENCE.sub(lambda found: b"%d 0 R" % (int(found[1]) + first), data)
            pdf.add_object(Written(own, is_stream=is_stream))
        return b"%d 0 R" % (first + self.root)


class FontFiles:
    """The fonts that were embedded lately, by what they show: documents of one company mostly need the same."""

    def __init__(self) -> None:
        self._known: OrderedDict[Any, EmbeddedFont] = OrderedDict()

    def embed(self, font: Any) -> EmbeddedFont:
        key = (
            font.name, font.ascent, font.descent, frozenset(font.to_unicode.items()), frozenset(font.widths.items())
        )  # fmt: skip
        if key not in self._known:
            self._known[key] = _embedded(font)
            if len(self._known) > MOST_FONTS:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]


def add_fonts(pdf: pydyf.PDF, fonts: Iterable[EmbeddedFont]) -> None:
    """Puts fonts into the place the engine has made for them."""
    resources = next(found for found in pdf.objects if isinstance(found, dict) and "Font" in found)
    place = pdf.objects[int(resources["Font"].split()[0])]
    for font in fonts:
        place[font.hash] = font.add_to(pdf)


def _embedded(font: Any) -> EmbeddedFont:
    """As the engine embeds it, with the numbers of a file of its own."""
    scratch = pydyf.PDF()
    first = len(scratch.objects)
    found = build_fonts_dictionary(scratch, {"": font}, compress=True, subset=True, options=_OPTIONS)
    objects = tuple(
        (
            each.data if isinstance(each, pydyf.Stream) else _counted_from(first, each.data),
            isinstance(each, pydyf.Stream),
        )
        for each in scratch.objects[first:]
    )
    return EmbeddedFont(font.hash, objects, int(found[font.hash].split()[0]) - first)


def _counted_from(first: int, data: bytes) -> bytes:
    return _REFERENCE.sub(lambda found: b"%d 0 R" % (int(found[1]) - first), data)
