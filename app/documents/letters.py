"""Knows which letters the fonts of our PDFs can draw."""

import unicodedata
from functools import cache
from pathlib import Path

from app.kernel.errors import BadInput
from config import ROOT

FONTS = ROOT / "static" / "fonts"
# A character counts when both weights of a family have it
FAMILIES = (("Inter-Regular.ttf", "Inter-SemiBold.ttf"), ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"))
MOST_SHOWN = 5


class Undrawable(BadInput):
    """{label} has characters the PDF's fonts cannot draw: {missing}. Write it without them."""


@cache
def drawable() -> frozenset[int]:
    """Every code point our fonts draw in both weights. Read once per process (some 50 ms)."""
    return frozenset().union(*(_common(FONTS / regular, FONTS / bold) for regular, bold in FAMILIES))


def name_undrawable(text: str) -> str:
    """The letters of a text that no font draws, with their code points; "" where all are drawn."""
    missing = list(dict.fromkeys(letter for letter in text if not _can_draw(letter)))
    return ", ".join(f"{_shown(letter)} (U+{ord(letter):04X})" for letter in missing[:MOST_SHOWN])


def check_drawable(text: str, field: str, label: str = "") -> str:
    """The text as it is. Raises Undrawable naming the field."""
    if missing := name_undrawable(text):
        raise Undrawable(field=field, label=label or field.replace("_", " ").capitalize(), missing=missing)
    return text


def _can_draw(letter: str) -> bool:
    return letter.isascii() or ord(letter) in drawable()


def _shown(letter: str) -> str:
    return letter if letter.isprintable() and not unicodedata.combining(letter) else "?"


def _common(regular: Path, bold: Path) -> frozenset[int]:
    return _code_points(regular) & _code_points(bold)


def _code_points(path: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())
