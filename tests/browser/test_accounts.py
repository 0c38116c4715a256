"""The pages of accounts as people meet them: first run, sign-in, one's account, looking after people."""

from __future__ import annotations

import re

import pytest

from app.auth.first_run import ensure_setup_code
from tests.factories import PASSWORD, make_user
from tests.harness.browser import list_complaints, list_faults, list_violations, open_context

pytestmark = pytest.mark.browser
ROOT_MAIL = "root@tillpaid.test"


def type_in(page, **fields):
    for name, value in fields.items():
        page.fill(f"#{name}", value)


def sign_in(page, email=ROOT_MAIL, password=PASSWORD):
    page.goto("/login")
    type_in(page, email=email, password=password)
    page.get_by_role("button", name="Sign in").click()


def refused_only(complaints):
    """The browser notes each 4xx answer; those are asked for here."""
    return [said for said in complaints if "status of 4" not in said]


def test_the_pages_of_strangers_are_accessible_in_every_look(app, page):
    make_user(app, "admin", email=ROOT_MAIL)
    complaints = list_complaints(page)
    for path in ("/login", "/reset-password", "/nowhere"):
        page.goto(path)
        assert list_faults(page) == [], path
    sign_in(page, password="not the password")
    assert page.get_by_role("alert").inner_text() == "This e-mail address and password do not belong together."
    assert list_faults(page) == []
    assert refused_only(complaints) == []


def test_making_a_new_password_for_somebody_is_accessible_in_every_look(app, page):
    make_user(app, "admin", email=ROOT_MAIL, name="Root")
    other = make_user(app, "clerk", email="ada@tillpaid.test", name="Ada Byron")
    sign_in(page)
    page.goto(f"/settings/users/{other}")
    page.get_by_text("More").click()
    page.get_by_role("button", name="Make a new password…").click()
    assert list_faults(page) == []
    page.get_by_role("button", name="Make a password", exact=True).click()
    assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", page.locator("#password").inner_text().strip())
    assert list_faults(page) == []


def test_the_first_run_leads_from_the_code_to_the_company(app, page):
    code = ensure_setup_code(app.extensions["tillpaid_settings"].instance_dir)
    page.goto("/")
    assert page.url.endswith("/first-run")
    assert list_violations(page) == []
    type_in(page, code=code, name="Root", email=ROOT_MAIL, password="short", password_again="short")
    page.get_by_role("button", name="Make the first administrator").click()
    assert "at least 12" in page.get_by_role("alert").inner_text()
    assert list_violations(page) == []
    type_in(page, password=PASSWORD, password_again=PASSWORD)
    page.get_by_role("button", name="Make the first administrator").click()
    page.wait_for_url("**/settings/company")


def test_somebody_is_disabled_and_thrown_out_at_once(app, browser, live_url):
    make_user(app, "admin", email=ROOT_MAIL)
    other = make_user(app, "clerk", email="ada@tillpaid.test", name="Ada Byron")
    with open_context(browser, live_url) as root, open_context(browser, live_url) as ada:
        theirs, ours = ada.new_page(), root.new_page()
        sign_in(theirs, "ada@tillpaid.test")
        theirs.goto("/me")
        sign_in(ours)
        ours.goto(f"/settings/users/{other}")
        ours.get_by_text("More").click()
        ours.get_by_role("button", name="Disable…").click()
        ours.get_by_role("button", name="Disable", exact=True).click()
        assert "can no longer sign in" in ours.locator("#flashes").inner_text()
        theirs.goto("/me")
        assert "/login" in theirs.url


def test_signing_out_from_the_menu(app, page):
    make_user(app, "admin", email=ROOT_MAIL)
    sign_in(page)
    page.goto("/me")
    page.locator(".who summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
    page.goto("/me")
    assert "/login" in page.url
