"""What is owed ends at the margin like every other sum, however long the amount is, in both ways of drawing."""

from decimal import Decimal

import pypdfium2
import pytest

from app.documents.rendering import default_renderer
from app.invoices.paper import lay_out
from app.invoices.pdf import build_html
from app.invoices.texts import LANGUAGES
from tests import factories
from tests.factories import NOW


def _snapshot(language, currency, whole):
    """A snapshot of that much; part of it is prepaid, so that the gross total stands there too."""
    factories.make_company()
    snapshot = factories.make_issued_invoice(factories.make_customer()).snapshot
    totals = snapshot["totals"] | {"gross_total": whole, "amount_due": whole, "prepaid": "0"}
    return {**snapshot, "language": language, "currency": currency, "totals": totals}


def _render(snapshot, *, by_form):
    page = build_html(snapshot, lay_out(snapshot), None)
    facts = {"identifier": "x", "title": "x", "language": snapshot["language"], "created": NOW}
    return default_renderer().render(page, by_form=by_form, **facts)


def _boxes(content, wanted):
    """Left and right edge of each place where the words stand."""
    text = pypdfium2.PdfDocument(content)[0].get_textpage()
    whole = text.get_text_range().replace("\u00a0", " ")
    wanted, start, found = wanted.replace("\u00a0", " "), 0, []
    while (at := whole.find(wanted, start)) >= 0:
        boxes = [text.get_charbox(number, loose=True) for number in range(at, at + len(wanted))]
        found.append((min(box[0] for box in boxes), max(box[2] for box in boxes)))
        start = at + 1
    return found


def _edge(content, wanted):
    """The right edge of the place that is farthest to the right."""
    return max(right for _left, right in _boxes(content, wanted))


@pytest.mark.parametrize("by_form", [True, False])
@pytest.mark.parametrize(
    ("language", "currency", "whole"),
    [("de", "EUR", "5318167.06"), ("fr", "KWD", "1145925926.083"), *((each, "EUR", "956.86") for each in LANGUAGES)],
)
def test_what_is_owed_ends_where_the_other_sums_end_and_leaves_its_label_alone(app, language, currency, whole, by_form):
    snapshot = _snapshot(language, currency, whole)
    paper = lay_out(snapshot)
    drawn = _render(snapshot, by_form=by_form)
    assert drawn.by_form == by_form
    margin = _edge(drawn.content, paper.totals[0].value)
    left, right = _boxes(drawn.content, paper.due.value)[-1]
    assert right == pytest.approx(margin, abs=0.5)
    assert _boxes(drawn.content, paper.due.label)[-1][1] < left


@pytest.mark.parametrize("by_form", [True, False])
def test_a_gross_total_that_was_partly_paid_ends_there_too(app, by_form):
    snapshot = _snapshot("fr", "KWD", "1145925926.083")
    rest = str(Decimal("1145925926.083") - 1)
    snapshot = {**snapshot, "totals": snapshot["totals"] | {"prepaid": "1.000", "amount_due": rest}}
    paper = lay_out(snapshot)
    drawn = _render(snapshot, by_form=by_form)
    assert drawn.by_form == by_form
    (gross,) = (row for row in paper.totals if row.strong)
    edges = [_edge(drawn.content, value) for value in (paper.totals[0].value, gross.value, paper.due.value)]
    assert max(edges) - min(edges) < 0.5


@pytest.mark.parametrize("by_form", [True, False])
def test_a_sum_that_is_longer_than_its_room_goes_on_in_a_second_line(app, by_form):
    snapshot = _snapshot("fr", "KWD", "123456789012345.678")
    paper = lay_out(snapshot)
    drawn = _render(snapshot, by_form=by_form)
    text = pypdfium2.PdfDocument(drawn.content)[0].get_textpage()
    inked = [number for number, letter in enumerate(text.get_text_range()) if letter.strip()]
    edges = [text.get_charbox(number, loose=True)[2] for number in inked]
    assert max(edges) < _edge(drawn.content, paper.totals[0].value) + 0.5


def test_the_words_for_what_a_credit_note_gives_back_stay_on_one_line_in_every_language(app):
    factories.make_company()
    snapshot = factories.make_issued_invoice(factories.make_customer()).snapshot
    for language in LANGUAGES:
        said = {**snapshot, "language": language, "kind": "credit_note"}
        paper = lay_out(said)
        assert _boxes(_render(said, by_form=True).content, paper.due.label), paper.due.label
