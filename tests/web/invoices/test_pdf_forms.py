"""Invoices are filled into forms: they look as if they were laid out, in every shape they come in."""

import io

import pypdfium2
import pytest
from PIL import Image, ImageChops

from app.documents.rendering import default_renderer
from app.invoices.paper import lay_out
from app.invoices.pdf import build_html
from app.invoices.texts import LANGUAGES
from tests import factories
from tests.factories import NOW

LONG = "Vibration sensor with three axes, stainless housing and calibration on site by an accredited laboratory "
POLISH = {"name": "Łódź Textiles S.A. with a name that is much longer than the window of the envelope is wide"}
GREEK = {"name": "Αθηναϊκή Εμπορική Α.Ε.", "city": "Αθήνα", "country": "GR"}
ARABIC = {"name": "شركة الخليج للتجارة", "street": "شارع الخليج العربي 15", "city": "الكويت", "country": "KW"}
TWO_DUE = [{"amount": "100.00", "due_on": "2026-12-01"}, {"amount": "856.86", "due_on": "2027-01-31"}]
FILLED = {
    **{f"in {language}": {"language": language} for language in LANGUAGES if language != "en"},
    "one line": {"lines": 1},
    "nine lines": {"lines": 9},
    "long descriptions": {"lines": 3, "description": LONG},
    "a discount": {"line": {"discount_percent": "12.5"}},
    "allowances": {
        "allowances": [{"reason": "Loyalty", "amount": "10.00"}],
        "charges": [{"reason": "", "amount": "2"}],
    },
    "instalments": {"instalments": TWO_DUE},
    "a closing of several lines": {"footer": f"Thank you.\n\n{LONG * 3}\nGood bye."},
    "a Polish name": {"buyer": POLISH},
    "a Greek name": {"buyer": GREEK},
    "an Arabic name": {"buyer": ARABIC},
    "a remark": {"original": {"number": "INV-1", "issued_on": "2026-11-01"}, "reason": LONG},
}


@pytest.fixture(scope="module")
def logo():
    written = io.BytesIO()
    Image.new("RGBA", (300, 90), (47, 69, 197, 128)).save(written, "PNG")
    return written.getvalue()


def _changed(snapshot, change):
    """The snapshot as another document would have it; its sums need not be right for its looks."""
    changed = {**snapshot, **{field: value for field, value in change.items() if field in snapshot}}
    line = {**snapshot["lines"][0], **change.get("line", {})}
    line["description"] = change.get("description", line["description"])
    count = change.get("lines", 2)
    changed["lines"] = [{**line, "position": number} for number in range(1, count + 1)]
    buyer = change.get("buyer", {})
    address = snapshot["buyer"]["address"] | {name: buyer[name] for name in buyer if name != "name"}
    changed["buyer"] = {**snapshot["buyer"], "name": buyer.get("name", snapshot["buyer"]["name"]), "address": address}
    return changed


def _look(content):
    return pypdfium2.PdfDocument(content)[0].render(scale=1.5).to_pil().convert("L")


def _both(snapshot, logo=None):
    facts = {"identifier": "x", "title": "x", "language": "en", "created": NOW}
    html = build_html(snapshot, lay_out(snapshot), logo)
    return (default_renderer().render(html, by_form=by_form, **facts) for by_form in (True, False))


def test_every_shape_of_an_invoice_looks_as_if_it_were_laid_out(app, logo):
    factories.make_company()
    snapshot = factories.make_issued_invoice(factories.make_customer()).snapshot
    looks = {}
    for name, change in FILLED.items():
        filled, full = _both(_changed(snapshot, change))
        assert filled.by_form, name
        looks[name] = _look(filled.content)
        dots = sum(ImageChops.difference(looks[name], _look(full.content)).histogram()[32:])
        # The engine rounds the width of a letter to a thousandth of its size; a line moved by a dot is hundreds
        assert dots < 40, f"{name}: {dots} dots differ"
    assert len({look.tobytes() for look in looks.values()}) == len(looks)


def test_a_logo_keeps_its_colours_and_a_second_page_is_laid_out(app, logo):
    factories.make_company()
    snapshot = factories.make_issued_invoice(factories.make_customer()).snapshot
    filled, full = _both(snapshot, logo)
    assert filled.by_form
    pictures = [pypdfium2.PdfDocument(one.content)[0].render(scale=1.5).to_pil() for one in (filled, full)]
    assert ImageChops.difference(*pictures).getbbox() is None
    filled, full = _both(_changed(snapshot, {"lines": 40}))
    assert not filled.by_form
    assert filled.content == full.content
