"""Every page of the site map, filled by the demo: linked from somewhere, accessible, and fitting in any look."""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.exceptions import HTTPException

from app import create_app
from app.blueprints import SITE
from app.db.base import db
from app.db.upgrade import upgrade
from app.demo.load import load_demo
from app.kernel import clock
from config import Settings
from tests.conftest import TEST_SECRET
from tests.factories import PASSWORD, make_user, sign_in
from tests.harness.browser import list_complaints, list_faults, open_context, outgrows_frame, serve

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MAIL = "everything@tillpaid.test"
ORDERS = 16
OPENED = 10  # addresses of one endpoint with other arguments
WINGS = sorted(
    {place.partition(".")[0] for place, _prefix in SITE}
    | {"outbox", "exceptions", "views", "security", "cash"}
    | {"bank_files", "bank_accounts", "csv_profiles"}
)
LINK = re.compile(r'(?:href|data-peek|data-url|src)="(/[^"#]*)')

NOT_LINKED = {
    "auth.first_run": "shown once, before there is anybody",
    "auth.healthz": "for the load balancer",
    "security.reset_password": "linked from a mail",
    "auth.accept_invitation": "linked from a mail",
    "followup.notice": "of a reminder that is due, and there may be none today",
    "followup.letter_ahead": "a letter of a reminder that is due, and there may be none today",
    "static": "no page",
    "orders.undo_delivery": "of a delivery of a running order, and there may be none",
    "orders.comment": "stands on the order's page, and alone when something was wrong",
    "deals.file": "stands on the deal's page, and alone when something was wrong or its checklist asks for one",
    "orders.file": "stands on the order's page, and alone when something was wrong",
    "exceptions.raise": "stands on the order's page, and alone when something was wrong",
    "tasks.add": "stands on the order's page, and alone when something was wrong",
    "tasks.finish": "of a task that asks for evidence, and the demo may have none open",
    "tasks.evidence": "a file to download",
    "tasks.detail": "leads on to the order's page",
    "views.start": "where one lands after signing in",
    "security.login": "shown to strangers",
    "security.forgot_password": "shown to strangers",
    "company.logo": "the demo has none",
    "invoices.edit": "of a draft, which a press makes",
    "invoices.pro_forma": "of a draft, which a press makes",
    "invoices.draft_pdf": "of a draft, which a press makes",
    "payments.deduct": "of a payment that came short and waits for nobody yet, and there may be none",
    "cash.again": "of something that was refused, and leads on to the line",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application with the demo's year, lived up to now, and an administrator."""
    application = open_site(tmp_path_factory.mktemp("site"))
    with application.app_context():
        upgrade(db.engine)
        load_demo(application, count=ORDERS, seed=1, now=clock.now(), say=lambda _text: None)
    make_user(application, "admin", email=MAIL, name="Ada Byron")
    yield application
    with application.app_context():
        db.session.remove()
        db.engine.dispose()


def open_site(instance: Path) -> Flask:
    application = create_app(
        Settings.model_validate(
            {
                "tillpaid_env": "development",
                "TILLPAID_INSTANCE_DIR": instance,
                "secret_key": TEST_SECRET,
                "public_base_url": "http://tillpaid.test",
            }
        )
    )
    application.testing = True
    return application


@dataclass
class Crawl:
    """Where links lead, from Today on."""

    pages: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # of a wing: one of each page
    reached: Counter[str] = field(default_factory=Counter)  # endpoint -> addresses opened
    broken: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def crawl(site: Flask) -> Crawl:
    reader = site.test_client()
    sign_in(reader, "admin")
    router = site.url_map.bind("tillpaid.test")
    done, kinds, ahead = Crawl(), set(), deque(["/"])
    while ahead:
        address = ahead.popleft()
        parts = urlsplit(address)
        try:
            endpoint, _values = router.match(parts.path)
        except HTTPException:
            done.broken.append(address)
            continue
        asked = sorted((name, values[0][:12]) for name, values in parse_qs(parts.query).items())
        kind = (endpoint, parts.path if not asked else "", *asked)
        if kind in kinds or done.reached[endpoint] >= OPENED:
            continue
        kinds.add(kind)
        done.reached[endpoint] += 1
        said = reader.get(address)
        if said.status_code >= 400:
            done.broken.append(address)
        elif said.mimetype == "text/html":
            ahead.extend(map(unescape, LINK.findall(said.text)))
            if "<main" in said.text and done.reached[endpoint] == 1:
                done.pages[endpoint.partition(".")[0]].append(address)
    return done


def test_links_lead_to_every_page_and_to_nothing_else(site: Flask, crawl: Crawl):
    pages = {rule.endpoint for rule in site.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert crawl.broken == []
    assert pages - set(crawl.reached) - set(NOT_LINKED) == set()


@pytest.fixture(scope="module")
def page(site: Flask, browser: Browser) -> Iterator[Page]:
    """Where the administrator is signed in, for all wings."""
    with serve(site) as base, open_context(browser, base) as context:
        page = context.new_page()
        page.goto("/login")
        page.fill("#email", MAIL)
        page.fill("#password", PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        yield page


@pytest.mark.parametrize("wing", WINGS)
def test_the_pages_of_a_wing_are_accessible_in_every_look(crawl: Crawl, page: Page, wing: str):
    assert crawl.pages[wing]
    faults, complaints = {}, list_complaints(page)
    for address in crawl.pages[wing]:
        page.goto(address)
        faults[address] = list_faults(page)
        if outgrows_frame(page):
            faults[address].append("long words make a list wider than the window")
    assert {address: found for address, found in faults.items() if found} == {}
    assert complaints == []
