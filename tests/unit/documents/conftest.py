"""One renderer for the tests of this folder, and a document like the ones it will see."""

from datetime import UTC, datetime

import pytest

from app.documents.children import ROOT
from app.documents.rendering import Limits, Renderer

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
STYLE = (
    (ROOT / "templates" / "pdf" / "fonts.css").read_text()
    + """
@page { size: A4; margin: 20mm; @bottom-right { content: counter(page) " / " counter(pages) } }
body { font: 9pt/1.4 Inter, DejaVu } table { width: 100%; border-collapse: collapse } td { border-bottom: 1pt solid }
.n { text-align: right } h1 { font-size: 17pt; string-set: title content() } b { font-weight: 600 }
"""
)


def page(body: str, style: str = "") -> str:
    return f'<!DOCTYPE html><html lang="en"><title>-</title><style>{STYLE}{style}</style><body>{body}</body></html>'


def invoice(number: int = 1, lines: int = 12) -> str:
    rows = "".join(
        f'<tr><td>{line}</td><td>Sensor <b>model {line}</b>, Łódź &amp; Köln; delivered in week 47</td>'
        f'<td class="n">{line * 12.35:.2f}</td></tr>'
        for line in range(1, lines + 1)
    )  # fmt: skip
    return page(f"<h1>Invoice INV-2026-{number:05d}</h1><p>Ελένη Παπαδοπούλου, فاطمة الزهراء</p><table>{rows}</table>")


@pytest.fixture(scope="session")
def renderer():
    pool = Renderer(1, Limits(seconds=60))
    yield pool
    pool.close()


@pytest.fixture
def render(renderer):
    """`render(html, title=...)`: a rendering with the usual facts filled in."""

    def make(html: str, **facts: object):
        usual = {"identifier": "INV-2026-00001", "title": "Invoice", "language": "en", "created": NOW}
        return renderer.render(html, **(usual | facts))

    return make
