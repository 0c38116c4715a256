"""Draws the pages of an example as pictures, for people who change how documents look."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from app.company.queries import find_logo
from app.documents.queries import read_content
from app.invoices.pdf import draw

DOTS_PER_POINT = 1.5


def draw_example(snapshot: Mapping[str, Any], logo: bytes | None = None) -> bytes:
    """The PDF. `logo` stands in for the stored one."""
    stored = find_logo() if logo is None else None
    return draw(snapshot, read_content(stored) if stored else logo)


def picture_pages(content: bytes) -> list[str]:
    """Each page as a picture, as a data address."""
    import pypdfium2

    with pypdfium2.PdfDocument(content) as document:
        pictures = [_picture(page) for page in document]
    return [f"data:image/png;base64,{base64.b64encode(picture).decode()}" for picture in pictures]


def _picture(page: Any) -> bytes:
    with closing(page):
        bitmap = page.render(scale=DOTS_PER_POINT)
        written = io.BytesIO()
        bitmap.to_pil().convert("P", palette=1, colors=64).save(written, "PNG", optimize=True)
        bitmap.close()
    return written.getvalue()
