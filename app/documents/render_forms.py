"""Lays each block of a template out once and then writes only the texts into it; says NoForm where that is not sure.

A block is laid out by the engine with markers instead of texts. From the boxes we learn where each line stands, how
much room it has and what moves down when it needs a second one. The choice between form and full layout, and every
byte, depend on the document alone: never on what was drawn before.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.documents.render_pieces import Drawing
from app.documents.render_reader import Form, read_form
from app.documents.render_slots import Block, NoForm, read_block, split_page
from app.documents.render_words import Library
from app.documents.render_written import EmbeddedFont

MOST_FORMS = 400
MOST_BLOCKS = 500


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
    """The forms of all templates, and the blocks that come again word for word. `lay_out` makes pages of HTML."""

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
        # What runs in the margins comes with the block that runs there, else from an empty page
        running = [each for each in filled if each.form.root is None] or [self._filled(head, "")]
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
                found = read_form(self._lay_out(f"{head}{block.shape}</body></html>"), self._library, len(block.values))
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
