"""The morning's bank file worked through at the cash desk, and no hand leaves the keyboard."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.db.base import session
from app.db.unit_of_work import in_unit_of_work
from app.kernel.errors import BadInput
from app.kernel.money import to_minor
from app.payments.models_bank import LineState, StatementLine
from app.payments.pages_cash import SHOWN
from app.payments.rules_cash import AsideCode, Group
from app.payments.services_cash import set_aside
from app.web.typed_numbers import parse_decimal
from tests.bank_files import DAY
from tests.cash_lines import make_lines, paid
from tests.factories import NOW, PASSWORD, make_company, make_customer, make_open_invoice, make_user
from tests.harness.browser import list_complaints, list_faults, outgrows_frame

pytestmark = pytest.mark.browser
MAIL = "finance@tillpaid.test"


@pytest.fixture
def lines(app):
    """Two clear payments, one over two invoices and a bit, one of nobody, and the bank's own charge."""
    make_user(app, "finance", email=MAIL, name="Anita Koch")
    with app.app_context():
        make_company()
        north, south = make_customer("Nordwind GmbH"), make_customer("Südstern Handels- und Vertriebsgesellschaft mbH")
        for number, customer, gross in (
            ("R-17", north, 119000), ("R-18", north, 5000), ("R-19", south, 84500), ("R-20", south, 1299),
        ):  # fmt: skip
            make_open_invoice(customer, gross, number=number)
        return make_lines(
            paid(119000, "Invoice R-17", name="Nordwind GmbH"),
            paid(84500, "INV R-19 customer 4711, thank you for the good work", name="Südstern GmbH"),
            paid(6000, "R-18 and more", name="Nordwind GmbH"),
            paid(12345, "thanks", name="Quux Limited", account="NL91ABNA0417164300"),
            paid(-990, "Account fee November"),
        )


def open_desk(page):
    page.goto("/login")
    page.fill("#email", MAIL)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"/payments/cash?day={DAY}")


def current(page):
    page.wait_for_function("!document.querySelector('[aria-busy=true]')")
    return page.evaluate("document.querySelector('[data-row].is-current')?.id")


def states(app):
    with app.app_context():
        return list(session().scalars(select(StatementLine.state).order_by(StatementLine.id)))


def test_a_morning_at_the_cash_desk_by_keys_only(app, lines, page):
    complaints = list_complaints(page)
    open_desk(page)
    rows = {line: f"line-{line}" for line in lines}
    page.keyboard.press("j")
    order = page.evaluate("[...document.querySelectorAll('[data-row]')].map(one => one.id)")
    assert current(page) == order[0] == rows[lines[0]]
    page.keyboard.press("Enter")
    page.get_by_text("1 of 5").wait_for()
    assert current(page) == order[1]
    page.keyboard.press("a")
    page.get_by_text("2 of 5").wait_for()
    assert current(page) == order[2] == rows[lines[2]]

    page.keyboard.press("e")
    page.locator("[data-placing-left]").wait_for()
    page.wait_for_load_state()
    assert list_faults(page) == []
    left, first = page.locator("[data-placing-left]"), page.locator("[data-place]").first
    page.keyboard.press("Control+a")
    page.keyboard.type("70")
    assert left.inner_text() == "10.00\u00a0EUR more than came in"
    page.keyboard.press("=")
    assert (first.input_value(), left.inner_text()) == ("50.00", "Left to place: 10.00\u00a0EUR, goes on account")
    page.keyboard.press("Control+a")
    page.keyboard.type("45.50")
    page.keyboard.press("Enter")
    page.get_by_text("3 of 5").wait_for()
    page.wait_for_load_state()
    assert current(page) == order[3] == rows[lines[4]]

    page.keyboard.press("s")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.get_by_text("4 of 5").wait_for()
    assert current(page) == rows[lines[3]]
    page.keyboard.press("ArrowUp")
    assert current(page) == rows[lines[4]]
    page.keyboard.press("u")
    page.get_by_text("3 of 5").wait_for()
    assert current(page) == rows[lines[4]]
    assert list_faults(page) == []
    assert not outgrows_frame(page)
    page.keyboard.press("?")
    assert page.get_by_text("At the cash desk").is_visible()
    assert complaints == []
    assert states(app) == [LineState.MATCHED] * 3 + [LineState.OPEN] * 2


def test_the_remittance_is_dropped_on_an_invoice_and_a_customer_is_picked_by_typing(app, lines, page):
    open_desk(page)
    page.goto(f"/payments/cash/{lines[3]}?pick=1")
    page.keyboard.type("nordw")
    page.get_by_role("link", name="Nordwind GmbH").wait_for()
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "Nordwind GmbH"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.get_by_text("Left to place:").wait_for()
    page.locator("[data-place-drag]").drag_to(page.locator("tr:has([data-place])").nth(1))
    filled = [page.locator("[data-place]").nth(place).input_value() for place in range(2)]
    assert sorted(filled) in (["", "123.45"], ["", "50.00"])
    assert page.locator("[data-place]").nth(1).input_value()


def test_who_comes_second_is_told_and_sees_the_line_as_it_is(app, lines, page):
    open_desk(page)
    with app.app_context():
        in_unit_of_work(lambda: set_aside(lines[0], reason_code=AsideCode.NOT_OURS, version=1, actor="user:9", now=NOW))
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.locator(f"#line-{lines[0]}").get_by_text("Not ours").wait_for()
    assert page.locator("#flashes .note-bad").inner_text()


def test_the_last_act_is_taken_back_from_the_next_line(app, lines, page):
    open_desk(page)
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.get_by_text("1 of 5").wait_for()
    assert current(page) == f"line-{lines[1]}"
    page.keyboard.press("u")
    page.get_by_text("is taken back: the line of 1,190.00").wait_for()
    assert current(page) == f"line-{lines[0]}"
    page.goto(f"/payments/cash?day={DAY}&show=suggested")
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.locator("[data-placing-left]").wait_for()
    page.get_by_role("button", name="Place it").click()
    page.get_by_text("is recorded").wait_for()
    page.wait_for_load_state()
    page.keyboard.press("u")
    page.get_by_text("is taken back: the line of 1,190.00").wait_for()
    page.wait_for_load_state()
    assert page.evaluate("document.activeElement.closest('[data-row]')?.id") == f"line-{lines[0]}"
    assert set(states(app)) == {LineState.OPEN}


def test_the_page_reads_amounts_as_the_server_does(app, lines, page):
    open_desk(page)
    page.goto(f"/payments/cash/{lines[2]}")
    left, field = page.locator("[data-placing-left]"), page.locator("[data-place]").first
    page.locator("[data-place]").nth(1).fill("")
    for text in (
        "1.234,50", "1,234.50", "1 234,50", "1'234.5", "12,5", "12.50", "+7", ".5", "5.", "1,234,567", "0,500", "1.234",
        "1,234", "1,23,4", "-5", "ten", "1.2.3", "12.345", "1,234.567,8", "5.000", "10.000", "0.500", "0.125", "1.0000",
    ):  # fmt: skip
        try:
            read = to_minor(parse_decimal(text, 2), "EUR")
        except (BadInput, ValueError):
            read = -1
        field.fill(text)
        refused = left.inner_text().startswith("Write amounts") or "two ways" in left.inner_text()
        assert refused == (read < 0), text
        if not refused and read > 6000:
            assert left.inner_text() == f"{(read - 6000) / 100:,.2f}\u00a0EUR more than came in"
    field.fill("45")
    assert not page.locator("#reason").is_visible()
    page.select_option("#short", "dispute")
    assert page.locator("#reason").is_visible()
    page.get_by_role("button", name="Place it").click()
    assert page.evaluate("document.querySelector('#reason').validity.valueMissing")
    page.fill("#reason", "Scratched")
    page.get_by_role("button", name="Place it").click()
    page.get_by_text("is recorded").wait_for()


def test_money_is_split_over_invoices_by_arrows_and_typing(app, lines, page):
    open_desk(page)
    page.goto(f"/payments/cash/{lines[2]}")
    first, second = page.locator("[data-place]").all()
    first.focus()
    for keys, field in (("45,5", first), ("ArrowDown", second), ("14,5", second), ("ArrowUp", first)):
        page.keyboard.press(keys) if keys.startswith("Arrow") else page.keyboard.type(keys)
        assert page.evaluate("document.activeElement.name") == field.get_attribute("name")
    assert [first.input_value(), second.input_value()] == ["45,5", "14,5"]
    assert page.locator("[data-placing-left]").inner_text() == "Everything is placed"


def test_after_the_last_line_of_a_page_the_next_ones_are_there(app, lines, page, monkeypatch):
    monkeypatch.setitem(SHOWN, Group.SUGGESTED, 1)
    monkeypatch.setitem(SHOWN, Group.UNKNOWN, 1)
    open_desk(page)
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.get_by_text("1 of 5").wait_for()
    assert current(page) == f"line-{lines[3]}"
    page.keyboard.press("s")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_text("2 of 5").wait_for()
    page.wait_for_load_state()
    assert current(page) == f"line-{lines[1]}"
    assert page.evaluate("document.activeElement.closest('[data-row]').id") == f"line-{lines[1]}"
