"""Lays each block of a template out once and then writes only the texts into it; says NoForm where that is not sure.

A block is laid out by the engine with markers instead of texts. From the boxes we learn where each line stands, how
much room it has and what moves down when it needs a second one. The choice between form and full layout, and every
byte, depend on the document alone: never on what was drawn before.
"""

from __future__ import annotations

import copy
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from weasyprint.css.properties import INITIAL_VALUES
from weasyprint.draw.border import draw_border
from weasyprint.draw.color import get_color
from weasyprint.formatting_structure import boxes
from weasyprint.layout import replaced
from weasyprint.pdf.stream import Stream

from app.documents.render_slots import Block, NoForm, read_block, split_page
from app.documents.render_written import EmbeddedFont
from app.documents.render_words import Library, Run, Words, alignment

MOST_FORMS = 400
MOST_BLOCKS = 2_000
CLOSE = 0.01  # a hundredth of a pixel
_MARKER = re.compile(r"([^\d\s])(\d+)")
# A box on which one of these says something of its own is left to the full layout
_PLAIN = (
    "float", "opacity", "overflow", "transform", "visibility", "border_top_left_radius", "border_top_right_radius",
    "border_bottom_left_radius", "border_bottom_right_radius", "background_image", "outline_style", "column_count",
    "column_width",
)  # fmt: skip
_SIDES = ("top", "right", "bottom", "left")


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


@dataclass(frozen=True)
class Form:
    """A block as it was laid out on a page of its own."""

    root: Stack | None
    margins: tuple[Stack, ...]
    top: float
    bottom: float
    margin_above: float
    margin_below: float
    page: tuple[float, float, float]
    bleed: dict[str, float]


@dataclass(frozen=True)
class Filled:
    """A block of a document: its form, by how much it grew, and its drawing."""

    form: Form
    grown: float
    drawing: Drawing


@dataclass(frozen=True)
class Sheet:
    """A page that paints itself as the engine's own pages do."""

    width: float
    height: float
    bleed: dict[str, float]
    blocks: tuple[tuple[float, Filled], ...]
    bookmarks: tuple[Any, ...] = ()
    links: tuple[Any, ...] = ()

    @property
    def anchors(self) -> dict[str, Any]:
        return {}

    @property
    def forms(self) -> dict[None, list[Any]]:
        return {None: []}

    def paint(self, stream: Any, scale: float = 1) -> None:
        with stream.stacked():
            stream.transform(a=scale, d=scale)
            for down, filled in self.blocks:
                with stream.stacked():
                    stream.transform(f=down)
                    self._paint(stream, filled.drawing)

    def _paint(self, stream: Any, drawing: Drawing) -> None:
        stream.stream.extend(drawing.shapes)
        for picture, style, (left, top, width, height) in drawing.pictures:
            with stream.stacked():
                stream.transform(e=left, f=top)
                picture.draw(stream, width, height, style)
        if drawing.texts:
            stream.stream += [b"BT", *drawing.texts, b"ET"]


class Forms:
    """The forms of all templates, and the blocks that come again word for word. `lay_out`: HTML to the engine's pages."""

    def __init__(self, lay_out: Callable[[str], Any], find_picture: Callable[[str], Any]) -> None:
        self._lay_out = lay_out
        self._find_picture = find_picture
        self._library = Library()
        self._forms: OrderedDict[tuple[str, str], Form | NoForm] = OrderedDict()
        self._blocks: OrderedDict[tuple[str, str], Filled] = OrderedDict()

    def fill(self, page: str) -> tuple[Sheet, list[EmbeddedFont]]:
        """The document as one page, and its fonts. Raises NoForm where only the full layout is sure."""
        head, blocks = split_page(page)
        filled = [self._filled(head, source) for source in blocks]
        running = [each for each in filled if each.form.root is None]
        flow = [each for each in filled if each.form.root is not None]
        if len(running) > 1 or not flow:
            raise NoForm("not one page")
        width, height, bottom = flow[0].form.page
        placed = [*_stacked(flow, bottom), *((0.0, each) for each in running)]
        sheet = Sheet(width, height, flow[0].form.bleed, tuple(placed))
        return sheet, self._library.fonts([each.drawing for _down, each in placed])

    def _filled(self, head: str, source: str) -> Filled:
        key = head, source
        found = self._blocks.get(key)
        if found is None:
            block = read_block(source)
            found = self._blocks[key] = self._fill(self._form(head, block), block)
            if len(self._blocks) > MOST_BLOCKS:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(key)
        return found

    def _fill(self, form: Form, block: Block) -> Filled:
        drawing = Drawing(block.values, self._find_picture)
        grown = form.root.place(0, drawing) if form.root is not None else 0.0
        for margin in form.margins if form.root is None else ():
            margin.place(0, drawing)
        return Filled(form, grown, drawing)

    def _form(self, head: str, block: Block) -> Form:
        key = head, block.shape
        found = self._forms.get(key)
        if found is None:
            try:
                found = _learn(self._lay_out(f"{head}{block.shape}</body></html>"), self._library, len(block.values))
            except NoForm as reason:
                found = reason
            self._forms[key] = found
            if len(self._forms) > MOST_FORMS:
                self._forms.popitem(last=False)
        self._forms.move_to_end(key)
        if isinstance(found, NoForm):
            raise NoForm(*found.args)
        return found


def _stacked(flow: Sequence[Filled], bottom: float) -> list[tuple[float, Filled]]:
    """Each block with how far below the place in its form it stands."""
    placed: list[tuple[float, Filled]] = []
    end = below = 0.0
    for each in flow:
        form = each.form
        down = end + max(below, form.margin_above) - form.top if placed else 0.0
        placed.append((down, each))
        end, below = form.bottom + down + each.grown, form.margin_below
    if end > bottom - 1:
        raise NoForm("more than one page")
    return placed


def _learn(pages: Sequence[Any], library: Library, slots: int) -> Form:
    """The form in the engine's boxes. Raises NoForm for anything that is not surely understood."""
    if len(pages) != 1:
        raise NoForm("more than one page")
    page = pages[0]._page_box
    html = next(child for child in page.children if not isinstance(child, boxes.MarginBox))
    body = html.children[0]
    if len(body.children) > 1:
        raise NoForm("a block of several")
    reader = _Reader(library)
    size = page.margin_width(), page.margin_height(), page.content_box_y() + page.height
    if body.children:
        box = body.children[0]
        top = box.border_box_y()
        edges = top, top + box.border_height(), *_margins(box)
        form = Form(reader.node(box, body), (), *edges, size, pages[0].bleed)
    else:
        running = [box for box in page.children if isinstance(box, boxes.MarginBox) and box.children]
        margins = tuple(reader.stack(box, Cell) for box in running)
        form = Form(None, margins, 0, 0, 0, 0, size, pages[0].bleed)
    if reader.slots != slots:
        raise NoForm("texts that are not shown")
    return form


def _margins(box: Any) -> tuple[float, float]:
    """A block's own margins; those of its children must not reach through it."""
    if not box.is_table_wrapper and box.style["height"] == "auto":
        for child in box.children:
            if not isinstance(child, boxes.LineBox) and (child.margin_top or child.margin_bottom):
                raise NoForm("margins that reach through a block")
    if box.margin_top < 0 or box.margin_bottom < 0:
        raise NoForm("negative margins")
    return box.margin_top, box.margin_bottom


class _Reader:
    """Reads the boxes of one block, in the order of its source, and counts the slots."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.slots = 0

    def node(self, box: Any, around: Any) -> Any:
        if isinstance(box, boxes.LineBox):
            return self.line(box, around)
        if isinstance(box, boxes.ReplacedBox):
            return self.picture(box)
        for kind, meant in _KINDS:
            if isinstance(box, kind):
                return self.stack(box, meant)
        raise NoForm(f"a {type(box).__name__}")

    def stack(self, box: Any, kind: type[Stack]) -> Stack:
        _require_plain(box)
        above, below = _edges(box)
        children = tuple(self.node(child, box) for child in box.children)
        if isinstance(box, boxes.TableRowBox):
            return kind(children, above, below, pitch=box.height, repeats=_first_slot(children))
        is_fixed = not isinstance(box, boxes.TableCellBox | boxes.MarginBox) and box.style["height"] != "auto"
        return kind(children, above, below, _slack(box), is_fixed)

    def line(self, box: Any, around: Any) -> Line:
        leaf = _only_text(box)
        words, share = self.library.words(leaf.style), alignment(box.style)
        room, word = around.width, words.word(leaf.text)
        left = around.content_box_x()
        if abs(left + (room - word.width) * share - leaf.position_x) > CLOSE or word.width > room:
            raise NoForm("a text that does not stand at an edge")
        slot = None if "::" in leaf.element_tag else self.next_slot(leaf.text)
        baseline = leaf.position_y + leaf.baseline
        return Line(box.height, left, room, share, baseline, words, (word.height, word.baseline), slot, leaf.text)

    def picture(self, box: Any) -> Picture:
        _require_plain(box)
        if box.element is None or box.element.get("data-slot") != str(self.slots):
            raise NoForm("a picture of the style")
        self.slots += 1
        width, height, left, top = replaced.replacedbox_layout(box)
        return Picture(self.slots - 1, box.style, (left, top, width, height))

    def next_slot(self, text: str) -> int:
        """The number of a text's slot: the texts stand in the boxes as they stand in the source."""
        marker = _MARKER.fullmatch(text)
        if (marker and int(marker[2]) != self.slots) or (not marker and len(text) > 1):
            raise NoForm("texts in another order")
        self.slots += 1
        return self.slots - 1


_KINDS: tuple[tuple[Any, type[Stack]], ...] = (
    (boxes.TableRowBox, Cells),
    (boxes.TableCellBox, Cell),
    (boxes.TableBox | boxes.TableRowGroupBox | boxes.BlockContainerBox, Stack),
)


def _first_slot(nodes: Sequence[Any]) -> int | None:
    """The slot that tells how often a row stands there; only rows without rows inside do so more than once."""
    slots: list[int] = []
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Cells):
            return None
        waiting += node.children if isinstance(node, Stack) else ()
        slots += [node.slot] if isinstance(node, Line | Picture) and node.slot is not None else []
    return min(slots, default=None)


def _slack(box: Any) -> float:
    """The room between the last child and the end of the box, without padding."""
    if not box.children or isinstance(box, boxes.MarginBox):
        return 0.0
    last = max(child.position_y + child.margin_height() for child in box.children)
    padding = box.style["padding_bottom"]
    if getattr(padding, "unit", "px") != "px":
        raise NoForm("a padding in shares")
    inner = box.border_box_y() + box.border_height() - box.border_bottom_width - getattr(padding, "value", padding)
    return max(0.0, float(inner - last))


def _require_plain(box: Any) -> None:
    cuts_off = isinstance(box, boxes.MarginBox | boxes.ReplacedBox)
    for name in _PLAIN:
        if box.style[name] != INITIAL_VALUES[name] and not (name == "overflow" and cuts_off):
            raise NoForm(f"{type(box).__name__} {name}")
    if box.style["position"] not in ("static", "relative") or any(box.style[side] != "auto" for side in _SIDES):
        raise NoForm(f"{type(box).__name__} position")
    if get_color(box.style, "background_color").alpha:
        raise NoForm("a background")
    if isinstance(box, boxes.TableBox):
        if box.style["border_collapse"] != "separate" or any(box.style["border_spacing"]):
            raise NoForm("collapsed borders")
        if box.style["table_layout"] != "fixed" or box.style["width"] == "auto":
            raise NoForm("columns as wide as their texts")
    if isinstance(box, boxes.TableCellBox) and (box.rowspan > 1 or box.style["vertical_align"] != "top"):
        raise NoForm("cells over several rows")


def _edges(box: Any) -> tuple[tuple[Edge, ...], tuple[Edge, ...]]:
    if box.border_left_width or box.border_right_width:
        raise NoForm("a frame")
    return _edge(box, "top", "bottom"), _edge(box, "bottom", "top")


def _edge(box: Any, side: str, other: str) -> tuple[Edge, ...]:
    if not getattr(box, f"border_{side}_width"):
        return ()
    alone = copy.copy(box)
    setattr(alone, f"border_{other}_width", 0)
    pen = Stream({}, (0, 0, 1, 1), {"ExtGState": {}}, {}, None, {}, "srgb")
    draw_border(pen, alone)
    if get_color(box.style, f"border_{side}_color").alpha != 1:
        raise NoForm("a border that shines through")
    # Nothing else shines through on these pages, so nothing needs to be said about it
    return (Edge(tuple(item for item in pen.stream if not item.endswith(b" gs"))),)


def _only_text(line: Any) -> Any:
    """The one text of a line; several would push each other aside."""
    leaves = []
    for box in line.descendants():
        if isinstance(box, boxes.InlineBox):
            _require_plain(box)
            if box.margin_width() != box.width:
                raise NoForm("a text with room around it")
        elif not isinstance(box, boxes.LineBox):
            leaves.append(box)
    if len(leaves) != 1 or not isinstance(leaves[0], boxes.TextBox):
        raise NoForm("a line of several texts")
    return leaves[0]
