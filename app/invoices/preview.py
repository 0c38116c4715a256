"""Draws the first page of a document as a picture, for people who change how documents look."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

from app.company.queries import find_logo
from app.documents.queries import read_content
from app.invoices.pdf import draw

DOTS_PER_POINT = 1.5


def draw_first_page(snapshot: Mapping[str, Any], logo: bytes | None = None) -> str:
    """The picture as a data address. `logo` stands in for the stored one."""
    stored = find_logo() if logo is None else None
    content = draw(snapshot, read_content(stored) if stored else logo)
    return f"data:image/png;base64,{base64.b64encode(_picture(content)).decode()}"


def _picture(content: bytes) -> bytes:
    import pypdfium2

    with pypdfium2.PdfDocument(content) as document:
        page = document[0]
        bitmap = page.render(scale=DOTS_PER_POINT)
        written = io.BytesIO()
        bitmap.to_pil().convert("P", palette=1, colors=64).save(written, "PNG", optimize=True)
        bitmap.close()
        page.close()
    return written.getvalue()
