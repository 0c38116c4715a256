"""Reads a form from the boxes of a block the engine has laid out; refuses what it does not surely understand."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from weasyprint.css.properties import INITIAL_VALUES
from weasyprint.draw.color import get_color
from weasyprint.formatting_structure import boxes
from weasyprint.layout import replaced
from weasyprint.pdf.stream import Stream

from app.documents.render_borders import draw_border
from app.documents.render_pieces import CLOSE, Cell, Cells, Edge, Line, Picture, Stack
from app.documents.render_slots import NoForm
from app.documents.render_words import Library, alignment

_MARKER = re.compile(r"([^\d\s])(\d+)")
# A box on which one of these says something of its own is left to the full layout
_PLAIN = (
    "float", "opacity", "overflow", "transform", "visibility", "border_top_left_radius", "border_top_right_radius",
    "border_bottom_left_radius", "border_bottom_right_radius", "background_image", "outline_style", "column_count",
    "column_width",
)  # fmt: skip
_SIDES = ("top", "right", "bottom", "left")


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


def read_form(pages: Sequence[Any], library: Library, slots: int) -> Form:
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
        if slots and any(box.style["width"] == "auto" for box in running if not _is_constant(box)):
            raise NoForm("a margin as wide as its texts")
        margins = tuple(reader.stack(box, Cell) for box in running)
        form = Form(None, margins, 0, 0, 0, 0, size, pages[0].bleed)
    if reader.slots != slots:
        raise NoForm("texts that are not shown")
    return form


def _is_constant(margin: Any) -> bool:
    """Whether the style alone says what stands there."""
    return all(leaf.element_tag is None for leaf in margin.descendants() if isinstance(leaf, boxes.TextBox))


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
        is_written = leaf.element_tag is None or "::" in leaf.element_tag
        slot = None if is_written else self.next_slot(leaf.text)
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
