"""The components as people meet them: readable in both themes and on a phone, usable by keys and without script."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.gallery_app import build_gallery
from tests.harness.browser import (
    list_complaints,
    list_faults,
    list_violations,
    open_context,
    overflows_sideways,
    serve,
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def gallery_url() -> Iterator[str]:
    with serve(build_gallery()) as address:
        yield address


@pytest.fixture
def gallery(browser: Browser, gallery_url: str) -> Iterator[Page]:
    with open_context(browser, gallery_url) as context:
        page = context.new_page()
        page.goto("/", wait_until="load")
        yield page


def test_no_page_breaks_an_accessibility_rule_or_the_content_policy(browser: Browser, gallery_url: str):
    with open_context(browser, gallery_url) as context:
        page = context.new_page()
        complaints = list_complaints(page)
        for path in ("/?flash=1", "/?empty=1", "/bare"):
            page.goto(path, wait_until="load")
            assert list_faults(page) == [], path
        assert [said for said in complaints if "404" not in said] == []


def test_everything_that_opens_is_accessible_too(gallery: Page):
    gallery.locator("[data-select]").nth(1).check()
    gallery.keyboard.press("j")
    gallery.keyboard.press("Space")
    expect(gallery.locator("#peek")).to_contain_text("Meridian")
    assert list_faults(gallery) == []
    gallery.set_viewport_size({"width": 1280, "height": 800})
    gallery.locator(".who > summary").click()
    assert list_violations(gallery, within=".who") == []
    gallery.keyboard.press("Escape")
    gallery.keyboard.press("Control+k")
    assert list_violations(gallery) == []
    gallery.keyboard.press("Escape")
    gallery.get_by_role("button", name="Run reminders").click()
    expect(gallery.locator("#confirm-run")).to_be_visible()
    assert list_violations(gallery) == []


def test_the_row_with_the_focus_is_never_hidden_behind_what_sticks(gallery: Page):
    gallery.locator("[data-select]").first.check()
    covered = """row => { const box = row.getBoundingClientRect(), x = box.left + 60;
        return [box.top + 2, box.bottom - 2].filter(y => !row.contains(document.elementFromPoint(x, y))).length }"""
    for key in ["j"] * 23 + ["k"] * 23:
        gallery.keyboard.press(key)
        assert gallery.locator("tr.is-current").evaluate(covered) == 0


def test_a_page_at_twice_the_size_needs_no_sideways_scrolling(browser: Browser, gallery_url: str):
    with open_context(browser, gallery_url) as context:
        page = context.new_page()
        for across in (1280, 1024, 800, 640, 500, 320):
            page.set_viewport_size({"width": across, "height": 512})
            page.goto("/", wait_until="load")
            assert not overflows_sideways(page), f"{across} pixels wide"


def test_j_and_k_walk_the_rows_and_enter_opens_the_current_one(gallery: Page):
    for key in "jjjk":
        gallery.keyboard.press(key)
    expect(gallery.locator("tr.is-current")).to_contain_text("INV-2026-01189")
    gallery.keyboard.press("Enter")
    expect(gallery).to_have_url(re.compile(re.escape("/open/INV-2026-01189") + "$"))


def test_x_selects_rows_and_the_bar_adds_their_money_by_currency(gallery: Page):
    bar = gallery.locator("[data-bulk]")
    expect(bar).to_be_hidden()
    for key in ("j", "x", "j", "x", "j", "j", "x", "j", "x"):
        gallery.keyboard.press(key)
    expect(bar.locator("[data-bulk-count]")).to_have_text("4 selected")
    expect(bar.locator("[data-bulk-sum]")).to_have_text("24,553.87 EUR + 510,445 JPY + 741.434 KWD")
    gallery.keyboard.press("Escape")
    expect(bar).to_be_hidden()


def test_the_box_in_the_head_selects_all_rows_and_shows_when_only_some_are(gallery: Page):
    head = gallery.locator("[data-select-all]").first
    head.check()
    expect(gallery.locator("[data-bulk-count]")).to_have_text("24 selected")
    gallery.locator("[data-select]").first.uncheck()
    assert head.evaluate("box => box.indeterminate")


def test_space_previews_the_row_and_escape_gives_the_focus_back(gallery: Page):
    gallery.keyboard.press("j")
    gallery.keyboard.press("Space")
    expect(gallery.locator("#peek")).to_contain_text("INV-2026-01188")
    gallery.keyboard.press("j")
    gallery.keyboard.press("Space")
    expect(gallery.locator("#peek")).to_contain_text("INV-2026-01189")
    gallery.keyboard.press("Escape")
    expect(gallery.locator("#peek")).to_be_empty()
    expect(gallery.locator("tr.is-current a[data-row-link]")).to_be_focused()


def test_keys_rest_while_somebody_types(gallery: Page):
    gallery.keyboard.press("/")
    expect(gallery.locator("[data-filter-input]")).to_be_focused()
    gallery.locator("#remark").press_sequentially("jxk? /r")
    expect(gallery.locator("#remark")).to_have_value("jxk? /r")
    expect(gallery.locator("tr.is-current")).to_have_count(0)
    expect(gallery.locator("#help")).to_be_hidden()
    expect(gallery.locator("#confirm-run")).to_be_hidden()


def test_the_question_mark_shows_the_keys_and_a_letter_presses_its_button(gallery: Page):
    gallery.keyboard.press("?")
    expect(gallery.locator("#help")).to_be_visible()
    gallery.keyboard.press("Escape")
    gallery.keyboard.press("r")
    expect(gallery.locator("#confirm-run")).to_contain_text(re.compile(r"31\s+customers get one mail each"))


def test_a_number_typed_into_the_palette_opens_its_document(gallery: Page):
    gallery.keyboard.press("Control+k")
    gallery.keyboard.type("01195")
    expect(gallery.locator("#palette-list [role=option]")).to_have_text(["INV-2026-01195 · Kestrel Foods plcInvoice"])
    gallery.keyboard.press("Enter")
    expect(gallery).to_have_url(re.compile(re.escape("/open/INV-2026-01195") + "$"))


def test_the_palette_knows_the_pages_before_anything_is_typed(gallery: Page):
    gallery.locator(".search-box").click()
    expect(gallery.get_by_role("option", name="Daily report")).to_be_visible()
    gallery.keyboard.type("no such thing")
    expect(gallery.locator("#palette-list")).to_contain_text("Nothing found")
    gallery.keyboard.press("Escape")
    expect(gallery.locator("#palette")).to_be_hidden()


def test_the_chosen_theme_is_there_from_the_first_byte(gallery: Page):
    gallery.locator(".who > summary").click()
    gallery.get_by_role("button", name="Dark").click()
    answer = gallery.request.get("/").text()
    assert 'data-theme="dark"' in answer
    assert gallery.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(16, 17, 20)"


def test_a_changed_filter_sends_itself_and_leaves_empty_ones_out_of_the_address(gallery: Page):
    gallery.get_by_label("Owner:").select_option("2")
    expect(gallery).to_have_url(re.compile(re.escape("/?owner=2&currency=EUR&as_of=2026-11-22") + "$"))


def test_lines_are_added_and_removed_with_their_numbers_kept_in_order(gallery: Page):
    gallery.get_by_role("button", name="Add a line").click()
    names = "inputs => inputs.map(input => input.name)"
    assert gallery.locator("[data-line] input[name$=item]").evaluate_all(names) == [f"lines-{n}-item" for n in range(3)]
    expect(gallery.locator("[name='lines-2-item']")).to_be_focused()
    expect(gallery.locator("[name='lines-2-item']")).to_have_value("")
    gallery.get_by_role("button", name="Remove line 1").click()
    assert gallery.locator("[data-line] input[name$=item]").evaluate_all(names) == [f"lines-{n}-item" for n in range(2)]
    expect(gallery.locator("[name='lines-0-quantity']")).to_have_value("1")


def test_a_request_of_htmx_carries_the_token_and_breaks_no_policy(gallery: Page):
    complaints = list_complaints(gallery)
    gallery.get_by_role("button", name="Ask the server").click()
    expect(gallery.locator("#echo")).to_have_text("token: token")
    assert complaints == []


def test_rows_stay_one_line_high_whatever_the_names(gallery: Page):
    for across in (1440, 1100, 1000):
        gallery.set_viewport_size({"width": across, "height": 800})
        heights = gallery.locator("tr[data-row]:has([data-peek])").evaluate_all("rows => rows.map(r => r.offsetHeight)")
        assert set(heights) == {34}, f"{across} pixels wide"


def test_a_refused_field_says_so_to_a_screen_reader(gallery: Page):
    field = gallery.locator("#customer")
    expect(field).to_have_attribute("aria-invalid", "true")
    described = (field.get_attribute("aria-describedby") or "").split()
    assert [gallery.locator(f"#{one}").inner_text() for one in described] == [
        "Name or VAT id",
        "This field is required.",
    ]


def test_on_a_phone_the_rows_are_cards_that_name_every_value(browser: Browser, gallery_url: str):
    with open_context(browser, gallery_url, width="phone") as context:
        page = context.new_page()
        page.goto("/", wait_until="load")
        row = page.locator("tr[data-row]").first
        assert row.evaluate("row => getComputedStyle(row).display") == "grid"
        label = "cell => getComputedStyle(cell, '::before').content"
        assert row.locator(".day-cell").first.evaluate(label) == '"Due"'
        page.get_by_role("button", name="Menu").click()
        expect(page.get_by_role("link", name="Daily report")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name="Daily report")).to_be_hidden()


def test_without_script_everything_essential_still_works(browser: Browser, gallery_url: str):
    with open_context(browser, gallery_url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/", wait_until="load")
        expect(page.get_by_role("button", name="Apply")).to_be_visible()
        expect(page.locator("[data-bulk]")).to_be_visible()
        expect(page.get_by_role("button", name="Clear")).to_be_hidden()
        page.locator(".who > summary").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        expect(page.locator(".theme-choice")).to_be_hidden()
        page.get_by_role("button", name="Run reminders").click()
        expect(page.get_by_role("button", name="Send 31 notices").last).to_be_visible()


def test_paper_carries_the_list_without_the_frame(gallery: Page):
    gallery.emulate_media(media="print")
    expect(gallery.locator(".sidebar")).to_be_hidden()
    expect(gallery.locator(".page-actions")).to_be_hidden()
    expect(gallery.locator("table").first).to_be_visible()
