"""Knows which letters the fonts of our PDFs can draw, and how many lines a text takes there."""

import unicodedata
from functools import cache
from pathlib import Path

from app.kernel.errors import BadInput
from config import ROOT

FONTS = ROOT / "static" / "fonts"
# A character counts when both weights of a family have it
FAMILIES = (("Inter-Regular.ttf", "Inter-SemiBold.ttf"), ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"))
MOST_SHOWN = 5
ROOM = 170 / 25.4 * 72 / 9  # a line of the usual text across the page: 170 mm in letters of 9 pt


class Undrawable(BadInput):
    """{label} has characters the PDF's fonts cannot draw: {missing}. Write it without them."""


class TooManyLines(BadInput):
    """{label} takes {lines} lines on paper; at most {most} fit. Shorten it, or join lines."""


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


def check_lines(text: str, field: str, label: str, most: int) -> str:
    """The text as it is. Raises TooManyLines where it takes more lines across the page, naming the field."""
    if (lines := sum(map(_count_lines, text.split("\n")))) > most:
        raise TooManyLines(field=field, label=label, lines=lines, most=most)
    return text


def _count_lines(paragraph: str) -> int:
    """As the page breaks it: between words, and within a word that is wider than the page."""
    lines, taken, widths = 1, 0.0, _widths()
    for word in paragraph.split(" "):
        width = sum(widths.get(ord(letter), 1.0) for letter in word)
        if taken and taken + widths[ord(" ")] + width > ROOM:
            lines, taken = lines + 1, 0.0
        taken += width + (widths[ord(" ")] if taken else 0.0)
        lines, taken = lines + int(taken // ROOM), taken % ROOM
    return lines


@cache
def _widths() -> dict[int, float]:
    """How wide each letter is, as a share of its size."""
    from fontTools.ttLib import TTFont

    found: dict[int, float] = {}
    for regular, _bold in reversed(FAMILIES):
        with TTFont(FONTS / regular, lazy=True) as font:
            advances, size = font["hmtx"], font["head"].unitsPerEm
            found |= {code: advances[name][0] / size for code, name in font.getBestCmap().items()}
    return found


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
