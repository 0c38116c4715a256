"""Deductions on paper: their words have the room of quantity and price, so a final invoice stays short."""

from datetime import date
from decimal import Decimal

import pypdfium2
import pytest
from PIL import ImageChops

from app.db.unit_of_work import unit_of_work
from app.documents.rendering import default_renderer
from app.invoices import services
from app.invoices.paper import lay_out
from app.invoices.pdf import build_html
from tests import factories
from tests.factories import ACTOR, NOW

DAY = date(2026, 11, 22)
ITEMS = ("Vibration sensor VS-200", "Mounting kit, stainless", "Calibration on site", "Gateway with antenna")


@pytest.fixture(autouse=True)
def company(app):
    factories.make_company(registration="Amtsgericht Charlottenburg, HRB 123456", tax_number="27/123/45678")


def _issued(made):
    return services.issue_invoice(made.id, DAY, actor=ACTOR, now=NOW, send=False)


def _final(lines, currency="EUR"):
    """The snapshot of a final invoice that deducts two deposits."""
    sold = [(item, "4", "1200") for item in ITEMS[:lines]]
    order = factories.make_plain_order(
        factories.make_customer(), *sold, currency=currency, payment_terms="2 % within 10 days, 30 days net"
    )
    for percent in ("30", "20"):
        with unit_of_work():
            _issued(services.draft_deposit(order.id, percent=Decimal(percent), actor=ACTOR, now=NOW))
    with unit_of_work():
        return _issued(services.draft_invoice(order.id, actor=ACTOR, now=NOW)).snapshot


def _render(snapshot, *, by_form):
    page = build_html(snapshot, lay_out(snapshot), None)
    facts = {"identifier": "x", "title": "x", "language": snapshot["language"], "created": NOW}
    return default_renderer().render(page, by_form=by_form, **facts)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(("lines", "currency"), [(4, "EUR"), (2, "JPY"), (2, "KWD")])
def test_the_sums_of_a_deduction_stand_on_one_line_of_one_page_written_into_a_form(language, lines, currency):
    snapshot = {**_final(lines, currency), "language": language}
    full = _render(snapshot, by_form=False)
    (page,) = pypdfium2.PdfDocument(full.content)
    written = page.get_textpage().get_text_bounded().replace("\u00a0", " ").splitlines()
    notes = [line.note.replace("\u00a0", " ") for line in lay_out(snapshot).lines if line.note]
    assert len(notes) == 2
    assert set(notes) <= set(written)
    filled = _render(snapshot, by_form=True)
    assert filled.by_form
    looks = [pypdfium2.PdfDocument(one.content)[0].render(scale=1.5).to_pil().convert("L") for one in (filled, full)]
    assert sum(ImageChops.difference(*looks).histogram()[32:]) < 40


def test_beside_a_column_of_discounts_the_words_of_a_deduction_take_its_room_too():
    snapshot = _final(2)
    snapshot = {**snapshot, "lines": [{**snapshot["lines"][0], "discount_percent": "5"}, *snapshot["lines"][1:]]}
    page = build_html(snapshot, lay_out(snapshot), None)
    assert page.count('<td colspan="4">') == 2
    assert _render(snapshot, by_form=True).by_form
