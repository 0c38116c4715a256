"""Knows how a PNG becomes a picture of a PDF, once for all documents; black and white stays one bit a dot."""

from __future__ import annotations

import base64
import copy
import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pydyf

_PNG = b"\x89PNG\r\n\x1a\n"
_START = "data:image/png;base64,"


@dataclass
class Picture:
    """What the engine asks of a picture."""

    id: str
    source: Any
    _made: Any = None

    def draw(self, stream: Any, width: float, height: float, style: Any) -> None:
        name = stream.add_image(self, style["image_rendering"] == "auto", 1)
        stream.transform(width, 0, 0, -height, 0, height)
        stream.draw_x_object(name)

    def get_x_object(self, interpolate: bool, ratio: float) -> Any:
        if self._made is None:
            self._made = self.source.get_x_object(interpolate, ratio)
        # The engine numbers what it gets and writes references into it
        made = _own(self._made)
        if "SMask" in made.extra:
            made.extra["SMask"] = _own(made.extra["SMask"])
        return made


@dataclass(frozen=True)
class Dots:
    """The black and white dots of a PNG, packed as they are in the file."""

    width: int
    height: int
    packed: bytes

    def get_x_object(self, interpolate: bool, _ratio: float) -> Any:
        packing = pydyf.Dictionary({"Predictor": 15, "Columns": self.width, "BitsPerComponent": 1})
        facts = {
            "Type": "/XObject", "Subtype": "/Image", "Width": self.width, "Height": self.height,
            "ColorSpace": "/DeviceGray", "BitsPerComponent": 1, "Interpolate": "true" if interpolate else "false",
            "Filter": "/FlateDecode", "DecodeParms": packing,
        }  # fmt: skip
        return pydyf.Stream([self.packed], pydyf.Dictionary(facts))


def read_picture(address: str, decode: Callable[[str], Any]) -> Picture | None:
    """The picture at a data: address; `decode` is asked for all that are not plain dots."""
    name = hashlib.sha256(address.encode()).hexdigest()[:32]
    content = base64.b64decode(address.removeprefix(_START)) if address.startswith(_START) else b""
    source = _dots(content) or decode(address)
    return Picture(name, source) if source is not None else None


def _own(made: Any) -> Any:
    own = copy.copy(made)
    own.extra = pydyf.Dictionary(made.extra)
    return own


def _dots(content: bytes) -> Dots | None:
    """None for anything but black on white, one bit a dot, without interlacing."""
    if content[:8] != _PNG or content[24:29] != b"\x01\0\0\0\0":
        return None
    width, height = struct.unpack(">II", content[16:24])
    chunks = list(_chunks(content))
    if any(name not in (b"IHDR", b"IDAT", b"IEND", b"pHYs") for name, _data in chunks):
        return None
    return Dots(width, height, b"".join(data for name, data in chunks if name == b"IDAT"))


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_PNG)
    while place + 8 <= len(content):
        size, name = struct.unpack(">I4s", content[place : place + 8])
        yield name, content[place + 8 : place + 8 + size]
        place += size + 12
