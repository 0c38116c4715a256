"""Forms: a document that is filled in looks like one that is laid out, and what does not fit is laid out."""

import io

import pikepdf
import pypdfium2
import pytest
from PIL import ImageChops

from app.documents.rendering import Renderer

from .conftest import NOW, page

STYLE = """
@page { size: A5; @bottom-left { content: element(foot); vertical-align: top; width: 60% } }
table { table-layout: fixed; border-collapse: separate; border-spacing: 0 } td { vertical-align: top; padding: 1mm 0 }
p { margin: 0 0 2mm } .foot { position: running(foot) } .box { height: 12mm; width: 40mm }
.code { white-space: pre-line }
.page::before { content: "Page " counter(page) } .c { text-align: center } .nowrap { white-space: nowrap; width: 30mm }
"""
LONG = "Vibration sensor with three axes, stainless housing and calibration on site by an accredited laboratory "
ROWS = "<table>{}</table>"


def row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


FIT = {
    "a paragraph of several lines": f"<p>{LONG * 3}</p><p>below</p>",
    "rows of several lines": ROWS.format(row(LONG, LONG * 2) + row("2", "b") + row(LONG, "c")) + "<p>below</p>",
    "a row beside a high one": ROWS.format(f"<tr><td style='height:20mm'>{LONG}</td><td>{LONG}</td></tr>") + "<p>x</p>",
    "a table in a table": ROWS.format(row("<p>a</p><p>b</p>", ROWS.format(row("c", LONG) + row("d", "e"))))
    + "<p>x</p>",
    "lines as they are written": "<p class='code'>one\n two  three\n\nfour</p><p>below</p>",
    "right and middle": ROWS.format("<tr><td class='n'>1,234.56</td><td class='c'>middle</td></tr>"),
    "scripts": "<p>Łódź, Αθήνα</p><p><bdi dir='rtl'>شركة النور للتجارة</bdi></p><p><bdi dir='rtl'>شارع 15</bdi></p>",
    "a foot": f"<table class='foot'><tr><td>{LONG}</td><td class='page'></td></tr></table><p>a</p>",
    "marked up characters": "<p>a &lt;b&gt; &amp;amp; &quot;c&quot;\u00a0d</p>",
    "a text like a marker": "<p>q7</p><p>q0</p>",
}
FULL = {
    "a second page": f"<p>{LONG * 60}</p>",
    "a word wider than its room": f"<p>{'x' * 200}</p>",
    "a text that must not be broken": f"<p class='nowrap'>{LONG}</p>",
    "a box that is too small": f"<p class='box'>{LONG * 2}</p>",
    "a character no font has": "<p>\ue123</p>",
    "a letter of another font": "<p>\u0255</p>",
    "a soft hyphen": "<p>a\u00adb</p>",
    "two texts on a line": "<p>a <b>b</b> c</p>",
    "justified lines": f"<p style='text-align: justify'>{LONG * 3}</p>",
    "columns as wide as their texts": "<table style='table-layout: auto'><tr><td>a</td><td>b</td></tr></table>",
    "borders that fall together": "<table style='border-collapse: collapse'><tr><td>a</td></tr></table>",
    "a background": "<p style='background: #eee'>a</p>",
    "a frame": "<p style='border: 1pt solid'>a</p>",
    "something that floats": "<p style='float: left'>a</p>",
    "a decoration": "<p><u>a</u></p>",
    "an indent": "<p style='text-indent: 4mm'>a</p>",
    "a picture from elsewhere": "<p><img src='https://example.org/x.png'></p>",
    "a comment": "<p>a</p><!-- b -->",
    "a list": "<ul><li>a</li></ul>",
}


def look(content: bytes) -> list:
    document = pypdfium2.PdfDocument(content)
    return [document[number].render(scale=1.5).to_pil().convert("L") for number in range(len(document))]


def differs(one: bytes, other: bytes) -> int:
    """The number of dots that differ visibly, over all pages."""
    pairs = zip(look(one), look(other), strict=True)
    return sum(sum(ImageChops.difference(*pair).histogram()[32:]) for pair in pairs)


@pytest.mark.parametrize("name", FIT)
def test_what_fits_is_filled_in_and_looks_as_if_it_were_laid_out(render, name):
    html = page(FIT[name], STYLE)
    filled, full = render(html, by_form=True), render(html)
    assert (filled.by_form, full.by_form) == (True, False)
    assert differs(filled.content, full.content) == 0
    assert differs(filled.content, render(html.replace("</body>", "<p>more</p></body>")).content) > 0


def test_what_does_not_fit_is_laid_out_in_full(render):
    assert [name for name, body in FULL.items() if render(page(body, STYLE), by_form=True).by_form] == []
    html = page(FULL["a picture from elsewhere"], STYLE)
    assert render(html, by_form=True) == render(html)
    assert not render(page(FIT["scripts"], STYLE), by_form=True, bundle={"x": b""}).by_form


def test_the_bytes_do_not_depend_on_what_was_drawn_before(render):
    pages = [page(FIT[name], STYLE) for name in FIT]
    here = [render(html, by_form=True).content for html in pages]
    pool = Renderer(1)
    facts = {"identifier": "INV-2026-00001", "title": "Invoice", "language": "en", "created": NOW}
    try:
        there = [pool.render(html, by_form=True, **facts).content for html in reversed(pages)]
    finally:
        pool.close()
    assert here == there[::-1] == [render(html, by_form=True).content for html in pages]


def test_texts_can_be_found_and_fonts_are_embedded_once(render):
    content = render(page(FIT["scripts"], STYLE), by_form=True).content
    text = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_bounded()
    assert all(word in text for word in ("Łódź", "Αθήνα", "شركة النور للتجارة"))
    with pikepdf.open(io.BytesIO(content)) as pdf:
        names = [str(font.BaseFont).partition("+")[2] for font in pdf.pages[0].Resources.Font.values()]
    assert sorted(names) == sorted({*names, "Inter", "DejaVu"})
    assert len(content) < 60_000
