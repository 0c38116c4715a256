"""Knows how a line above or below a box is drawn: as one filled stripe, without the pale seams of a cut out frame."""

from __future__ import annotations

from typing import Any

import weasyprint.draw
from weasyprint.css.properties import INITIAL_VALUES
from weasyprint.draw.border import draw_border as draw_frame
from weasyprint.draw.color import get_color

_FRAME = (
    "border_top_left_radius", "border_top_right_radius", "border_bottom_left_radius", "border_bottom_right_radius",
    "border_image_source", "column_count", "column_width", "visibility",
)  # fmt: skip


def draw_border(stream: Any, box: Any) -> None:
    """Stripes where the border is nothing else; the engine draws all other borders."""
    sides = [side for side in ("top", "bottom") if getattr(box, f"border_{side}_width")]
    if box.border_left_width or box.border_right_width or not all(_is_plain(box, side) for side in sides):
        draw_frame(stream, box)
        return
    left, top, width, height = box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height()
    for side in sides:
        thickness = getattr(box, f"border_{side}_width")
        with stream.stacked():
            stream.set_color(get_color(box.style, f"border_{side}_color"))
            stream.rectangle(left, top if side == "top" else top + height - thickness, width, thickness)
            stream.fill()


def draw_stripes() -> None:
    """From now on, in every document of this process."""
    weasyprint.draw.draw_border = draw_border


def _is_plain(box: Any, side: str) -> bool:
    is_line = box.style[f"border_{side}_style"] == "solid" and get_color(box.style, f"border_{side}_color").alpha
    return bool(is_line) and all(box.style[name] == INITIAL_VALUES[name] for name in _FRAME)
