"""The page of an invoice as people read it: at every width of a window a line says its tax and all its words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.db.unit_of_work import unit_of_work
from app.invoices.queries_runs import Choice
from app.invoices.rules_runs import DraftState
from app.invoices.services import draft_deposit, draft_invoice, issue_invoice, runs
from tests.factories import ACTOR, NOW, PASSWORD, make_company, make_customer, make_plain_order, make_user
from tests.harness.browser import overflows_sideways

pytestmark = pytest.mark.browser
MAIL = "finance@tillpaid.test"
VAT_7 = {"name": "VAT", "category": "S", "kind": "percent", "rate": "7"}
VAT_19 = {**VAT_7, "rate": "19"}
ITEM = "Vibration sensor with a long housing and a cable of twelve metres"
DAY = date(2026, 11, 22)
CUT = """() => [...document.querySelectorAll('.table td')].filter(cell => cell.offsetParent &&
    [cell, ...cell.querySelectorAll('*')].some(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth)
).map(cell => cell.innerText)"""


@pytest.fixture
def final_invoice(app):
    """A draft over two rates that deducts a deposit over both: its two last rows differ in the rate alone."""
    make_user(app, "finance", email=MAIL)
    with app.app_context():
        make_company()
        lines = ((ITEM, "4", "1250"), ("Handbook", "12", "29.90"))
        order = make_plain_order(make_customer("Nordwind GmbH"), *lines, taxes=[VAT_19])
        with unit_of_work():
            order.lines[1].taxes = [VAT_7]
            deposit = draft_deposit(order.id, percent=Decimal(30), actor=ACTOR, now=NOW)
            issue_invoice(deposit.id, DAY, actor=ACTOR, now=NOW)
            return draft_invoice(order.id, actor=ACTOR, now=NOW).id


def sign_in(page, across):
    page.goto("/login")
    page.fill("#email", MAIL)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.set_viewport_size({"width": across, "height": 900})


def test_the_form_of_a_plan_has_room_for_a_price_and_a_reason(final_invoice, page):
    sign_in(page, 1280)
    page.goto("/invoices/recurring/new?customer=1")
    widths = [page.locator(f"#lines-0-{name}").bounding_box()["width"] for name in ("unit_price", "tax_reason")]
    assert widths == [pytest.approx(96, abs=30), pytest.approx(160, abs=30)]
    assert not overflows_sideways(page)


def test_a_run_shows_the_whole_reason_why_a_draft_was_not_issued(app, final_invoice, page):
    with app.app_context(), unit_of_work():
        run_id = runs.start_run(Choice(), DAY, actor=ACTOR, now=NOW).id
        [claim] = runs.claim_drafts(run_id, limit=1, now=NOW)
        runs.refuse_claimed(claim, DraftState.REFUSED, "No rate for this day. " * 12, now=NOW)
    sign_in(page, 1280)
    page.goto(f"/invoices/runs/{run_id}")
    assert (page.evaluate(CUT), overflows_sideways(page)) == ([], False)


@pytest.mark.parametrize("across", [390, 1024, 1280, 1920])
def test_lines_say_their_tax_and_all_their_words_at_every_width(final_invoice, page, across):
    sign_in(page, across)
    page.goto(f"/invoices/{final_invoice}")
    lines = page.locator("table", has_text="Less deposit")
    taxes = [cell.inner_text() for cell in lines.locator("td[data-label=Tax]").all() if cell.is_visible()]
    assert ["".join(said.removeprefix("Tax").split()) for said in taxes] == ["19%", "7%", "19%", "7%"]
    assert (page.evaluate(CUT), overflows_sideways(page)) == ([], False)
