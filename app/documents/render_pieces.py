"""Knows the pieces of a form, how they push each other down when a text needs more lines, and how they are drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.documents.render_slots import NoForm
from app.documents.render_words import Run, Words

CLOSE = 0.01  # a hundredth of a pixel


@dataclass
class Drawing:
    """What a block adds to its page: operations on shapes, on texts, pictures, and the glyphs it needs."""

    values: tuple[tuple[str, ...], ...]
    find_picture: Callable[[str], Any]
    row: int = 0
    shapes: list[bytes] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    pictures: list[tuple[Any, Any, tuple[float, float, float, float]]] = field(default_factory=list)
    runs: dict[Any, Run] = field(default_factory=dict)
    styles: dict[int, Words] = field(default_factory=dict)
    colour: bytes = b""

    def value(self, slot: int) -> str:
        found = self.values[slot]
        return found[self.row if len(found) > 1 else 0]

    def write(self, words: Words, word: Any, x: float, y: float) -> None:
        self.styles[id(words)] = words
        if words.colour != self.colour:
            self.colour = words.colour
            self.texts.append(words.colour)
        self.texts.append(b"1 0 0 -1 %.6f %.6f Tm" % (x, y))
        self.texts.append(word.drawing)
        for run in word.runs:
            known = self.runs.get(run.key)
            self.runs[run.key] = known.joined(run) if known else run


@dataclass(frozen=True)
class Line:
    """One line of the form: the text of a slot, or what the engine itself wrote there."""

    height: float
    left: float
    room: float
    share: float
    baseline: float
    words: Words
    measures: tuple[float, float]
    slot: int | None
    text: str

    def place(self, down: float, drawing: Drawing) -> float:
        text = self.text if self.slot is None else drawing.value(self.slot)
        lines = self.words.lines(text, self.room)
        for number, word in enumerate(lines):
            if abs(word.height - self.measures[0]) + abs(word.baseline - self.measures[1]) > CLOSE:
                raise NoForm("a font with other lines")
            x = self.left + (self.room - word.width) * self.share
            drawing.write(self.words, word, x, self.baseline + down + number * self.height)
        return (len(lines) - 1) * self.height


@dataclass(frozen=True)
class Picture:
    """A picture of the document, in the frame that the form has for it."""

    slot: int
    style: Any
    frame: tuple[float, float, float, float]

    def place(self, down: float, drawing: Drawing) -> float:
        left, top, width, height = self.frame
        picture = drawing.find_picture(drawing.value(self.slot))
        if picture is None:
            raise NoForm("a picture that cannot be read")
        drawing.pictures.append((picture, self.style, (left, top + down, width, height)))
        return 0


@dataclass(frozen=True)
class Edge:
    """A border above or below a box, as the engine draws it."""

    drawing: tuple[bytes, ...]

    def draw(self, down: float, drawing: Drawing) -> None:
        drawing.shapes += [b"q", b"1 0 0 1 0 %.6f cm" % down, *self.drawing, b"Q"]


@dataclass(frozen=True)
class Stack:
    """Boxes one below the other. `slack`: what they may grow before the box around them grows."""

    children: tuple[Any, ...]
    above: tuple[Edge, ...] = ()
    below: tuple[Edge, ...] = ()
    slack: float = 0
    is_fixed: bool = False
    pitch: float = 0
    repeats: int | None = None

    def place(self, down: float, drawing: Drawing) -> float:
        if self.repeats is None:
            return self._place(down, drawing)
        grown = 0.0
        count = len(drawing.values[self.repeats])
        for row in range(count):
            drawing.row = row
            grown += self._place(down + grown + row * self.pitch, drawing)
        drawing.row = 0
        return grown + (count - 1) * self.pitch

    def _place(self, down: float, drawing: Drawing) -> float:
        grown = self._inside(down, drawing) - self.slack
        if self.is_fixed and grown > CLOSE:
            raise NoForm("a box that is too small")
        grown = 0.0 if self.is_fixed else max(0.0, grown)
        self._edges(down, grown, drawing)
        return grown

    def _inside(self, down: float, drawing: Drawing) -> float:
        grown = 0.0
        for child in self.children:
            grown += child.place(down + grown, drawing)
        return grown

    def _edges(self, down: float, grown: float, drawing: Drawing) -> None:
        for edge in self.above:
            edge.draw(down, drawing)
        for edge in self.below:
            edge.draw(down + grown, drawing)


@dataclass(frozen=True)
class Cells(Stack):
    """Boxes side by side, which become as high as the highest."""

    def _inside(self, down: float, drawing: Drawing) -> float:
        grown = max([cell.place_inside(down, drawing) for cell in self.children], default=0.0)
        for cell in self.children:
            cell._edges(down, grown, drawing)
        return grown


@dataclass(frozen=True)
class Cell(Stack):
    """A box beside others: how much it grows is settled by its row."""

    def place_inside(self, down: float, drawing: Drawing) -> float:
        return max(0.0, self._inside(down, drawing) - self.slack)
