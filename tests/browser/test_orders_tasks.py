"""The pages of orders and tasks as people meet them: looks, keys, the preview, undo."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import expect

from app.db.unit_of_work import unit_of_work
from app.tasks.models import TaskState
from app.tasks.queries import get_task, list_tasks_of
from app.tasks.services import add_task
from tests import factories
from tests.factories import ACTOR, NOW, PASSWORD, make_company, make_order, make_user
from tests.harness.browser import list_violations, open_context

pytestmark = pytest.mark.browser
MAIL = "clerk@tillpaid.test"


@pytest.fixture
def work(app):
    """One order at its start, one fulfilled, and a task of somebody's own."""
    make_user(app, "clerk", email=MAIL, name="Anita Koch", department_code="operations")
    with app.app_context():
        make_company()
        make_order("D-1", customer="شركة الخليج للطاقة")
        factories.make_fulfilled_order("D-2", customer="Nordwind Logistik GmbH")
        with unit_of_work():
            add_task(
                1, "Call the forwarder", department_code="operations", due_on=date(2027, 1, 4), actor=ACTOR, now=NOW
            )
        return [task.id for task in list_tasks_of(1)]


def sign_in(page):
    page.goto("/login")
    page.fill("#email", MAIL)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def state(app, task_id):
    with app.app_context():
        return get_task(task_id).state


def test_a_letter_finishes_the_task_of_the_current_row_and_the_message_undoes_it(app, work, page):
    sign_in(page)
    page.goto("/tasks?view=all")
    page.keyboard.press("j")
    page.keyboard.press("j")
    title = page.locator("tr.is-current a[data-row-link]").inner_text()
    page.keyboard.press("d")
    page.wait_for_selector(f"text=“{title}” is done.")
    assert [state(app, one) for one in work[:2]].count(TaskState.DONE) == 1
    page.wait_for_load_state()
    page.keyboard.press("j")
    press = "new KeyboardEvent('keydown', {key: 'd', repeat: REPEAT, bubbles: true, cancelable: true})"
    acts = f"document.body.dispatchEvent({press}) === false"  # it is cancelled where a button is pressed
    assert page.evaluate(acts.replace("REPEAT", "true")) is False  # held down
    page.get_by_role("button", name="Undo").click()
    page.wait_for_selector("text=is open again")
    assert TaskState.DONE not in [state(app, one) for one in work]


def test_a_letter_means_the_selected_rows_when_some_are_selected(app, work, page):
    sign_in(page)
    page.goto("/tasks?view=all")
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    assert page.locator("[data-bulk-count]").inner_text() == "2 selected"
    page.keyboard.press("d")
    page.wait_for_selector("text=2 tasks are done.")


def test_on_an_order_the_letter_means_the_chosen_task_and_not_the_next_one(app, work, page):
    sign_in(page)
    page.goto("/orders/1")
    row = page.locator("tr", has_text="Call the forwarder")
    row.locator("td").first.click()
    page.keyboard.press("d")
    page.wait_for_selector("text=“Call the forwarder” is done.")
    assert [state(app, one) for one in work].count(TaskState.DONE) == 1


def test_the_preview_shows_the_order_beside_the_list(work, page):
    sign_in(page)
    page.goto("/orders")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    page.wait_for_selector("[data-peek-panel]")
    assert "Who holds the ball" in page.locator("#peek").inner_text()
    assert list_violations(page) == []


def test_a_note_is_written_in_the_menu_of_a_row(app, work, page):
    sign_in(page)
    page.goto("/orders/1#tasks")
    row = page.locator("tr", has_text="Call the forwarder")
    row.locator("summary").click()
    row.get_by_label("Done, with a note").fill("They come on Monday")
    assert list_violations(page) == []
    row.locator("form.menu-form").first.get_by_role("button", name="Done").click()
    page.wait_for_selector("text=They come on Monday")
    assert state(app, work[-1]) is TaskState.DONE


def test_everything_works_without_script(app, work, browser, live_url):
    with open_context(browser, live_url, java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page)
        page.goto("/tasks?view=all")
        page.get_by_role("checkbox", name="Select Call the forwarder").check()
        page.locator("form#bulk").get_by_role("button", name="Take").click()
        assert "1 task is yours now." in page.inner_text("#flashes")
        page.get_by_role("button", name="Done: Call the forwarder").click()
        assert "“Call the forwarder” is done." in page.inner_text("#flashes")
        page.goto("/orders/1/cancel")
        page.get_by_label("Why is it cancelled?").fill("They went elsewhere")
        page.get_by_role("button", name="Cancel the order").click()
        assert "is cancelled" in page.inner_text("#flashes")


def test_cards_and_tasks_of_an_order_are_walked_by_keys_and_typing_begins_at_once(app, work, page):
    sign_in(page)
    page.goto("/tasks/board")
    page.keyboard.press("j")
    card = page.locator(".board-card.is-current")
    expect(card.locator("a[data-row-link]")).to_be_focused()
    title = card.locator("a[data-row-link]").inner_text()
    page.keyboard.press("d")
    page.wait_for_selector(f"text=“{title}” is done.")

    page.goto("/orders/1")
    page.keyboard.press("j")
    expect(page.locator("tr.is-current")).to_have_count(1)
    page.keyboard.press("c")
    expect(page.get_by_role("textbox", name="Write a comment")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    page.wait_for_url("**/orders/1/hold")
    expect(page.locator("#reason")).to_be_focused()
    page.get_by_label("Look at it again on").press("Enter")
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator("#reason")).to_be_focused()
    page.goto("/orders/1")
    page.keyboard.press("v")
    page.wait_for_url("**/orders/1/deliver")
    page.goto("/orders/1")
    page.keyboard.press("m")
    page.wait_for_url("**/orders/1/amend")
