"""Lines without tax for several reasons: each reason stands on the document, and each 0 % says what it is."""

import pytest

from app.db.unit_of_work import unit_of_work
from app.invoices import services
from app.invoices.einvoice.build import build_semantic
from app.invoices.paper import lay_out
from tests import factories
from tests.factories import ACTOR, NOW, deal_line

SCHOOL, BANK = "§ 4 Nr. 21 UStG", "§ 4 Nr. 8 UStG"
LANGUAGES = ("en", "de", "fr", "es", "pl")


@pytest.fixture(autouse=True)
def company(app):
    factories.make_company()


def issue(*taxes, language="de"):
    factories.make_customer(vat_id="DE136695976", language=language)
    lines = tuple(
        deal_line(f"Part {place}", tax_rate=0, tax_category=category, tax_reason=reason)
        for place, (category, reason) in enumerate(taxes)
    )
    order = factories.make_fulfilled_order(lines=lines, vat_id="DE136695976")
    with unit_of_work():
        draft = services.draft_invoice(order.id, actor=ACTOR, now=NOW)
    with unit_of_work():
        return services.issue_invoice(draft.id, NOW.date(), actor=ACTOR, now=NOW)


def test_every_reason_of_a_category_and_rate_stands_in_its_row():
    invoice = issue(("E", SCHOOL), ("E", BANK), ("E", SCHOOL), ("E", "exempt"))
    both = f"{SCHOOL}; {BANK}"
    assert [row.reason for row in invoice.taxes] == [both]
    assert [(group.reason, group.code) for group in build_semantic(invoice.snapshot).breakdown] == [(both, "")]
    assert f"USt 0\u00a0%: steuerfrei. {both}." in lay_out(invoice.snapshot).notes


def test_long_reasons_do_not_stop_the_document():
    reasons = [f"{letter * 150} UStG" for letter in "ABC"]
    invoice = issue(*(("E", reason) for reason in reasons))
    assert invoice.taxes[0].reason == "; ".join(reasons)


@pytest.mark.parametrize("language", LANGUAGES)
def test_zero_rated_and_exempt_are_told_apart_on_lines_rows_and_notes(language):
    invoice = issue(("Z", ""), ("E", SCHOOL), ("E", BANK), language=language)
    paper = lay_out(invoice.snapshot)
    assert [line.tax[-1] for line in paper.lines] == ["¹", "²", "²"]
    assert [sum(mark in pair.label for pair in paper.totals) for mark in "¹²"] == [1, 1]
    assert [sum(mark in note for note in paper.notes) for mark in "¹²"] == [1, 1]


def test_what_was_frozen_before_reads_as_ever():
    paper = lay_out(issue(("Z", ""), ("E", SCHOOL)).snapshot | {"shape": 3})
    assert not any(mark in f"{paper.lines}{paper.totals}{paper.notes}" for mark in "¹²")


def test_one_kind_of_zero_needs_no_mark():
    paper = lay_out(issue(("E", BANK)).snapshot)
    assert not any(mark in f"{paper.lines}{paper.totals}{paper.notes}" for mark in "¹²")
