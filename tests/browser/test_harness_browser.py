"""The accessibility check finds what is wrong under the strictest policy, and a call elsewhere is noticed."""

from __future__ import annotations

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from playwright.sync_api import Browser

from tests.harness.browser import list_complaints, list_violations, open_context, overflows_sideways, serve

GOOD = "<main><h1>Invoices</h1><p>Nothing to do.</p></main>"
BAD = '<main><h1>Invoices</h1><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><input></main>'
WIDE = "<main><h1>Invoices</h1><pre>" + "9" * 900 + "</pre></main>"
CALLING = '<main><h1>Invoices</h1><img alt="" src="http://127.0.0.1:9/pixel"></main>'


def show(body: str, policy: str = "default-src 'self'; img-src * data:"):
    """A tiny application of one page."""

    def application(_environment: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", policy)])
        return [f'<!doctype html><html lang="en"><head><title>Page</title></head><body>{body}</body></html>'.encode()]

    return serve(application)


def test_a_good_page_has_no_violations_under_a_strict_policy(browser: Browser) -> None:
    with show(GOOD) as url, open_context(browser, url, scheme="dark", width="phone") as context:
        page = context.new_page()
        complaints = list_complaints(page)
        page.goto("/")
        assert list_violations(page) == []
        assert complaints == []
        assert not overflows_sideways(page)


def test_a_bad_page_is_found_out(browser: Browser) -> None:
    with show(BAD) as url, open_context(browser, url) as context:
        page = context.new_page()
        page.goto("/")
        assert {found.rule for found in list_violations(page)} >= {"image-alt", "label"}


def test_a_page_that_is_too_wide_for_a_phone_is_found_out(browser: Browser) -> None:
    with show(WIDE) as url, open_context(browser, url, width="phone") as context:
        page = context.new_page()
        page.goto("/")
        assert overflows_sideways(page)


def test_a_page_that_asks_elsewhere_is_a_failure(browser: Browser) -> None:
    with (
        show(CALLING) as url,
        pytest.raises(AssertionError, match=r"127\.0\.0\.1:9"),
        open_context(browser, url) as context,
    ):
        context.new_page().goto("/")


def test_what_a_script_complains_about_is_heard(browser: Browser) -> None:
    with show(GOOD + "<script>nonsense()</script>") as url, open_context(browser, url) as context:
        page = context.new_page()
        complaints = list_complaints(page)
        page.goto("/")
        assert any("Content Security Policy" in one for one in complaints)
