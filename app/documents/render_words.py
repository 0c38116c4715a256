"""Knows how one line of text looks in a style: its size, where it breaks, the drawing operations, the glyphs.

The engine itself measures, breaks and draws; here its answers are kept, for as long as the process lives. What is kept
depends on the text and the style alone, so nobody can tell from a document what was drawn before it.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from types import SimpleNamespace
from typing import Any

import pydyf
from weasyprint.draw.color import get_color
from weasyprint.draw.text import draw_first_line
from weasyprint.matrix import Matrix
from weasyprint.pdf.fonts import Font
from weasyprint.text.ffi import FROM_UNITS, ffi, pango
from weasyprint.text.fonts import get_pango_font_key
from weasyprint.text.line_break import Layout, line_size, split_first_line

from app.documents.render_memory import STYLE_WORDS
from app.documents.render_slots import NoForm
from app.documents.render_written import EmbeddedFont, FontFiles

MOST_TEXTS = 20_000
MOST_ALPHABETS = 200
# What a font always brings along, so that documents have their fonts in common
_ALPHABET = " ".join((*map(chr, (*range(0x21, 0x7F), *range(0xC0, 0x100))), "H-H H/H H:H H(H)H 0:0 0-0 0/0 0(0)0"))
# What may change how a line is drawn, beside what its measures depend on
_LOOK = (
    "color", "text_decoration_line", "text_transform", "text_overflow", "text_align_all", "text_align_last",
    "visibility",
)  # fmt: skip
_ALIGNED = {"left": 0.0, "start": 0.0, "center": 0.5, "right": 1.0, "end": 1.0}
_SPACES = re.compile("[ \t\n\r\f]+")


@dataclass(frozen=True)
class Run:
    """The glyphs of a text in one font: for each its advance and the characters it stands for."""

    key: Any
    font: Any
    widths: dict[int, int]
    characters: dict[int, str]

    def joined(self, other: Run) -> Run:
        """Both; what this one says of a glyph stands."""
        return Run(self.key, self.font, other.widths | self.widths, other.characters | self.characters)

    def drawn(self) -> Any:
        """The font as if the engine had drawn with it all that is here."""
        font = copy.copy(self.font)
        font.widths, font.to_unicode = self.widths, self.characters
        return font


@dataclass(frozen=True)
class Word:
    """A line of text as the page will show it."""

    width: float
    height: float
    baseline: float
    drawing: bytes
    runs: tuple[Run, ...]


class Words:
    """All texts of one style."""

    def __init__(self, style: Any, fonts: dict[Any, Any]) -> None:
        if style["text_decoration_line"] != "none" or style["text_transform"] != "none" or style["word_spacing"]:
            raise NoForm("decorated text")
        if style["visibility"] != "visible" or style["hyphens"] == "auto" or style["font_size"] < 1:
            raise NoForm("text that is hidden or hyphenated")
        self.style = style
        self.keeps_lines = style["white_space"] == "pre-line"
        self.wraps = style["white_space"] in ("normal", "pre-line")
        if not (self.wraps or style["white_space"] == "nowrap"):
            raise NoForm("preserved spaces")
        self.colour = _colour(style)
        self._fonts = fonts
        self._layout = Layout(style)
        self._known: dict[str, Word] = {}

    def lines(self, text: str, width: float) -> list[Word]:
        """The text as lines of at most that width. Raises NoForm where a line does not fit."""
        lines = []
        for part in text.split("\n") if self.keeps_lines else (text,):
            lines += self._broken(_SPACES.sub(" ", part).strip(" "), width)
        return lines

    def word(self, text: str) -> Word:
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= MOST_TEXTS:
                self._known.clear()
            found = self._known[text] = self._drawn(text)
        return found

    def _broken(self, text: str, width: float) -> list[Word]:
        whole = self.word(text)
        if whole.width <= width:
            return [whole]
        if not self.wraps:
            raise NoForm("a text that is too wide")
        lines = []
        while text:
            layout, _length, resume_at, *_measures = split_first_line(text, self.style, None, width, 0)
            lines.append(self.word(layout.text.rstrip(" ")))
            if lines[-1].width > width or resume_at == 0:
                raise NoForm("a word that is too wide")
            text = text.encode()[resume_at:].decode().lstrip(" ") if resume_at is not None else ""
        return lines

    def _drawn(self, text: str) -> Word:
        if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") or letter == "\u00ad" for letter in text):
            raise NoForm("a character that breaks lines")
        self._layout.set_text(text, justify=True)
        line, _ = self._layout.get_first_line()
        width, height = line_size(line, self.style)
        baseline = pango.pango_layout_get_baseline(self._layout.layout) * FROM_UNITS
        pen = _Pen(self._fonts)
        box = SimpleNamespace(text=text, style=self.style, pango_layout=self._layout, baseline=baseline)
        emojis = draw_first_line(pen, box, "clip", "none", Matrix())
        runs = tuple(Run(key, font, font.widths, font.to_unicode) for key, font in pen.used.items())
        if emojis or any(run.font.missing or run.font.bitmap for run in runs):
            raise NoForm("a character that no font has")
        return Word(width, height, baseline, b"\n".join(map(_bytes, pen.stream)), runs)


class Library:
    """The styles and fonts that were met, each once, whatever document they came from."""

    def __init__(self) -> None:
        self._fonts: dict[Any, Any] = {}
        self._files = FontFiles()
        self._styles: dict[Any, Words] = {}
        self._alphabets: dict[tuple[Words, ...], dict[Any, Run]] = {}
        self._key = itemgetter(*STYLE_WORDS, *_LOOK)

    def words(self, style: Any) -> Words:
        key = self._key(style)
        if key not in self._styles:
            self._styles[key] = Words(style, self._fonts)
        return self._styles[key]

    def fonts(self, drawings: Iterable[Any]) -> list[EmbeddedFont]:
        """The fonts of a document: what it shows, and the alphabet in each of its styles."""
        joined: dict[Any, Run] = {}
        styles: dict[int, Words] = {}
        for drawing in drawings:
            styles |= drawing.styles
            for run in drawing.runs.values():
                joined[run.key] = joined[run.key].joined(run) if run.key in joined else run
        alphabets = self._alphabet(tuple(styles.values()))
        drawn = (run.joined(alphabets[key]) if key in alphabets else run for key, run in joined.items())
        return [self._files.embed(run.drawn()) for run in drawn]

    def _alphabet(self, styles: tuple[Words, ...]) -> dict[Any, Run]:
        found = self._alphabets.get(styles)
        if found is None:
            if len(self._alphabets) >= MOST_ALPHABETS:
                self._alphabets.clear()
            found = self._alphabets[styles] = {}
            for run in (run for words in styles for run in words.word(_ALPHABET).runs):
                found[run.key] = found[run.key].joined(run) if run.key in found else run
        return found


def alignment(style: Any) -> float:
    """The share of the free room that is left of a line of this style."""
    if style["text_align_all"] not in _ALIGNED or style["text_align_last"] not in ("auto", style["text_align_all"]):
        raise NoForm("justified text")
    share = _ALIGNED[style["text_align_all"]]
    is_logical = style["text_align_all"] in ("start", "end")
    return 1.0 - share if is_logical and style["direction"] == "rtl" else share


class _Pen(pydyf.Stream):  # type: ignore[misc]
    """Takes down what the engine draws for one line; the fonts start anew, as for a document of that line alone."""

    def __init__(self, fonts: dict[Any, Any]) -> None:
        super().__init__()
        self.used: dict[Any, Any] = {}
        self._fonts = fonts
        self.ink_rect = ffi.new("PangoRectangle *")
        self.logical_rect = ffi.new("PangoRectangle *")

    def set_text_matrix(self, *values: float) -> None:
        """The place is the form's business."""

    def add_font(self, pango_font: Any) -> tuple[Any, float]:
        key, description, size = get_pango_font_key(pango_font)
        if (key, size) not in self._fonts:
            self._fonts[key, size] = Font(pango_font, description, size)
        if key not in self.used:
            font = self.used[key] = copy.copy(self._fonts[key, size])
            font.widths, font.to_unicode, font.missing = {}, {}, {}
        return self.used[key], size


def _colour(style: Any) -> bytes:
    colour = get_color(style, "color")
    if colour.alpha != 1:
        raise NoForm("text that shines through")
    pen = pydyf.Stream()
    pen.set_color_rgb(*colour.to("srgb").coordinates)
    return b"".join(map(_bytes, pen.stream))


def _bytes(item: Any) -> bytes:
    return item if isinstance(item, bytes) else str(item).encode()
