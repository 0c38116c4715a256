"""A clerk takes a deal from the gate to the fulfilled order, and no hand leaves the keyboard."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from app.db.unit_of_work import unit_of_work
from app.orders.models import OrderState
from app.orders.queries import get_order
from app.tasks.queries import list_tasks_of
from app.tasks.queries_playbooks import get_version
from app.tasks.rules_evidence import Evidence
from app.tasks.rules_playbooks import read_steps
from app.tasks.services_playbooks import publish_version, save_version
from tests.factories import ACTOR, NOW, PASSWORD, make_company, make_deal, make_user

pytestmark = pytest.mark.browser
MAIL = "clerk@tillpaid.test"
MOST_STOPS = 90  # on the way to a button with Tab


@pytest.fixture
def gate(app):
    """A deal waits; the second step of its playbook asks for a number."""
    make_user(app, "clerk", email=MAIL, name="Anita Koch")
    with app.app_context():
        make_company()
        with unit_of_work():
            asked = {"credit_check": {"evidence": Evidence.NUMBER, "evidence_label": "Report number"}}
            steps = [replace(one, **asked.get(one.code, {})) for one in read_steps(get_version("standard", 1).steps)]
            save_version("standard", "Standard order", steps, based_on=1, actor=ACTOR, now=NOW)
            publish_version("standard", 2, actor=ACTOR, now=NOW)
        make_deal("D-1")


def focused(page):
    return page.evaluate(
        "(e => (e.innerText || e.getAttribute('aria-label') || e.name || '').trim())(document.activeElement)"
    )


def tab_to(page, text):
    """Presses Tab until what has the focus begins with `text`."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if focused(page).startswith(text):
            return
    raise AssertionError(f"Tab never reached “{text}” on {page.url}; the last stop was “{focused(page)}”")


def press(page, key, sign):
    """Presses a key that leads to another page, known by its `sign`."""
    page.keyboard.press(key)
    page.locator(sign).first.wait_for()
    page.wait_for_load_state()  # only then are the keys of the new page there


def go_to(page, place):
    """Through the palette, as somebody who knows the name of the page."""
    page.keyboard.press("Control+k")
    page.keyboard.type(place)
    page.get_by_role("option", name=place).first.wait_for()
    press(page, "Enter", f"h1:has-text('{place}')")


def sign_in(page):
    page.goto("/login")
    tab_to(page, "email")
    page.keyboard.type(MAIL)
    tab_to(page, "password")
    page.keyboard.type(PASSWORD)
    press(page, "Enter", "h1:has-text('Today')")


def finish_next(page):
    """The letter of the next task; the one that asks for a number gets it."""
    title = re.search("Finish “(.+?)”", page.inner_text("main"))[1]
    press(page, "d", f":text('“{title}” is done.'), [name=evidence]")
    if page.locator("[name=evidence]").count():
        tab_to(page, "evidence")
        page.keyboard.type("4711")
        press(page, "Enter", f":text('“{title}” is done.')")


def test_from_a_waiting_deal_to_a_fulfilled_order_without_a_mouse(app, gate, page):
    sign_in(page)
    go_to(page, "Deals")
    page.keyboard.press("j")
    press(page, "Enter", "h1:has-text('Deal D-1')")
    press(page, "a", "text=Deal D-1 is accepted")
    press(page, "o", "h1:has-text('Order SO-')")
    for _ in range(5):  # the sixth is optional
        finish_next(page)
    with app.app_context():
        assert get_order(1).state is OrderState.FULFILLED
        assert [one.evidence_text for one in list_tasks_of(1) if one.evidence is Evidence.NUMBER] == ["4711"]
