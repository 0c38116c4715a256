"""Knows which characters the fonts of our PDFs can draw, so that a name never comes out as empty boxes."""

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from app.invoices.rules_issue import Fault, list_texts, say_field
from config import ROOT

FONTS = ROOT / "static" / "fonts"
# A character counts when both weights of a family have it
FAMILIES = (("Inter-Regular.ttf", "Inter-SemiBold.ttf"), ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"))
MOST_SHOWN = 5


@cache
def drawable() -> frozenset[int]:
    """Every code point our fonts draw in both weights. Read once per process (some 50 ms)."""
    return frozenset().union(*(_common(FONTS / regular, FONTS / bold) for regular, bold in FAMILIES))


def find_undrawable(content: Mapping[str, Any]) -> Iterator[Fault]:
    """A fault for each text of the content that has characters the fonts lack."""
    for field, text in list_texts(content):
        missing = list(dict.fromkeys(letter for letter in text if not _can_draw(letter)))
        if missing:
            shown = ", ".join(f"{_shown(letter)} (U+{ord(letter):04X})" for letter in missing[:MOST_SHOWN])
            yield Fault(field, f"{say_field(field)} has characters the PDF's fonts cannot draw: {shown}.")


def _can_draw(letter: str) -> bool:
    return letter in " \n\t\r" or ord(letter) in drawable()


def _shown(letter: str) -> str:
    return letter if letter.isprintable() and not unicodedata.combining(letter) else "?"


def _common(regular: Path, bold: Path) -> frozenset[int]:
    return _code_points(regular) & _code_points(bold)


def _code_points(path: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())
