"""The outbox as people meet it: readable in both themes and on a phone, by keys, with mails in their frame."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from app.db.unit_of_work import unit_of_work
from app.documents.services import store_document
from app.outbox import services
from app.outbox.delivery import deliver_due
from app.outbox.rules import MessageState
from app.outbox.services import AttachmentRef, NewMessage
from app.outbox.transports import MailboxTransport
from tests.factories import NOW, PASSWORD, make_company, make_user
from tests.harness.browser import list_complaints, list_faults, list_violations, open_context

pytestmark = pytest.mark.browser
MAIL = "finance@tillpaid.test"
HTML = '<html><head></head><body><h1>Hello Łódź</h1><p>A line of words.</p><a href="/settings">a link</a></body></html>'
BY_HAND = {2: MessageState.UNCERTAIN, 3: MessageState.REJECTED, 4: MessageState.DEFERRED, 5: MessageState.CANCELLED}


@pytest.fixture
def mails(app, settings):
    """Six messages of all kinds of fate; the first and the last are in the local mailbox."""
    with app.app_context():
        make_company()
        with unit_of_work():
            store_document(
                owner_kind="invoice", owner_id=1, kind="pdf", name="INV-1.pdf", media_type="application/pdf",
                content=b"%PDF", now=NOW,
            )  # fmt: skip
            for number in range(1, 7):
                new = NewMessage(
                    kind="invoice", object_kind="invoice", object_id=1, period=str(number), body_html=HTML,
                    recipient=f"accounts.payable.{number}@a-rather-long-name-of-a-customer.example",
                    recipient_name="Łódź Textiles S.A.", subject=f"Invoice INV-{number} from Feinwerk Sensorik GmbH",
                    body_text="Hello.", attachments=[AttachmentRef("invoice", 1, "pdf")],
                )  # fmt: skip
                message = services.enqueue(new, now=NOW)
                message.state = BY_HAND.get(number, message.state)
                if number in BY_HAND:
                    message.next_attempt_at = NOW + timedelta(hours=2)
                    message.last_reply = "550 5.1.1 no such mailbox"
                    services.add_attempt(message.id, "deferred", message.last_reply, actor="user:1", now=NOW)
        deliver_due(MailboxTransport(settings.instance_dir / "mail"), owner="test", now=lambda: NOW)
    make_user(app, "finance", email=MAIL)


def sign_in(page):
    page.goto("/login")
    page.fill("#email", MAIL)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_message_of_any_fate_is_accessible_in_every_look(mails, page):
    complaints = list_complaints(page)
    sign_in(page)
    for path in (*(f"/outbox/{number}" for number in range(2, 7)), "/outbox?q=nothing"):
        page.goto(path)
        assert list_faults(page) == [], path
    page.goto("/outbox/test")
    page.get_by_role("button", name="Send the test mail").click()
    expect(page.get_by_text("It went into the local mailbox.")).to_be_visible()
    assert list_faults(page) == []
    page.goto("/outbox/3")
    page.get_by_role("button", name="Send again…").click()
    assert list_faults(page) == []
    assert complaints == []


def test_a_mail_shows_in_its_frame_and_its_links_lead_nowhere(mails, page):
    sign_in(page)
    page.goto("/outbox/1")
    frame = page.frame_locator("iframe.mail-frame")
    expect(frame.get_by_role("heading", name="Hello Łódź")).to_be_visible()
    frame.get_by_role("link", name="a link").click()
    assert page.url.endswith("/outbox/1")
    assert len(page.context.pages) == 1
    expect(frame.get_by_role("heading", name="Hello Łódź")).to_be_visible()


def test_a_doubt_is_found_previewed_and_ended_by_keys_alone(mails, page):
    sign_in(page)
    page.goto("/outbox?state=uncertain")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    page.locator("#peek h2").wait_for()
    assert list_violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url("**/outbox/2")
    page.keyboard.press("a")
    page.get_by_text("Marked as arrived.").wait_for()
    expect(page.get_by_role("heading", level=1).get_by_text("Delivered")).to_be_visible()


def test_the_mailbox_is_walked_through_by_keys(mails, page):
    sign_in(page)
    page.goto("/outbox/mailbox")
    expect(page.get_by_role("heading", name="INV-6")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/outbox/mailbox/*")
    expect(page.get_by_role("heading", name="INV-1")).to_be_visible()


def test_on_a_phone_the_mailbox_is_a_list_and_then_a_mail(mails, browser, live_url):
    with open_context(browser, live_url, width="phone") as context:
        page = context.new_page()
        sign_in(page)
        page.goto("/outbox/mailbox")
        expect(page.get_by_role("article")).to_be_hidden()
        page.get_by_role("link", name="Invoice INV-1").click()
        expect(page.get_by_role("article")).to_be_visible()
        page.get_by_role("link", name="All mails").click()
        expect(page.get_by_role("article")).to_be_hidden()


def test_without_script_a_doubt_is_ended_too(mails, browser, live_url):
    with open_context(browser, live_url, java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page)
        page.goto("/outbox?state=uncertain")
        page.locator("a[data-row-link]").click()
        page.get_by_role("button", name="Send again…").click()
        page.get_by_role("dialog").get_by_role("button", name="Send again").click()
        expect(page.get_by_text("It is on its way again")).to_be_visible()
