"""What an order's page says about its money: to be invoiced, drafted, due, overdue, paid."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.db.unit_of_work import unit_of_work
from app.invoices.services import credit_invoice, draft_invoice, issue_invoice
from app.kernel import clock
from tests import factories
from tests.factories import ACTOR, NOW, sign_in

pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_fulfilled_order()
    sign_in(client, "finance")
    return client


def page_of(client):
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get("/orders/1").text))
    return text.replace("\xa0", " ").partition("Skip to content")[2]


def draft(client):
    with client.application.app_context(), unit_of_work():
        return draft_invoice(1, actor=ACTOR, now=NOW).id


def issue(client):
    invoice_id = draft(client)
    with client.application.app_context(), unit_of_work():
        return issue_invoice(invoice_id, issued_on=NOW.date(), actor=ACTOR, now=NOW).id


def test_a_fulfilled_order_is_to_be_invoiced(desk):
    page = page_of(desk)
    assert "Invoice to be drafted" in page
    assert "Invoice it Fulfilled on 22 Nov 2026, not invoiced yet Draft the invoice" in page


def test_the_button_drafts_the_invoice(desk):
    answer = desk.post("/invoices/draft", data={"order_id": "1"})
    assert answer.status_code == 302
    page = page_of(desk)
    assert "Invoice drafted" in page
    assert "Issue the invoice It is drafted" in page


def test_an_issued_invoice_is_waited_for_until_its_day(desk):
    issue(desk)
    page = page_of(desk)
    assert "Paid due 22 Dec 2026" in page
    assert "Wait for the money 58.79 EUR of INV-2026-00001 is due 22 Dec 2026" in page
    assert "Invoiced 58.79 EUR with tax Open 58.79 EUR due 22 Dec 2026" in page


def test_an_overdue_invoice_is_asked_for(desk, monkeypatch):
    issue(desk)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=42))
    sign_in(desk, "finance")
    page = page_of(desk)
    assert "Paid 12 d overdue" in page
    assert "Ask for the money 58.79 EUR of INV-2026-00001 is 12 d overdue" in page
    assert "Ask for the money" in desk.get("/orders?view=all").text


def test_what_is_paid_needs_nothing_more(desk):
    issue(desk)
    with desk.application.app_context():
        from app.customers.queries import get_customer

        factories.make_payment(get_customer(1), 58_79, received_on=NOW.date())
    page = page_of(desk)
    assert "Paid in full" in page
    assert "Open 0.00 EUR paid in full" in page
    assert "the money" not in page


def test_a_credited_invoice_leaves_the_order_to_be_invoiced_again(desk):
    invoice_id = issue(desk)
    with desk.application.app_context(), unit_of_work():
        credit_invoice(invoice_id, "Wrong price", issued_on=NOW.date(), actor=ACTOR, now=NOW)
    assert "Invoice it Fulfilled on 22 Nov 2026, not invoiced yet" in page_of(desk)


def test_who_may_not_see_invoices_learns_nothing_of_the_money(desk):
    issue(desk)
    sign_in(desk, "member", department_code="qa")
    page = page_of(desk)
    assert "Invoice" not in page
    assert "INV-2026" not in page
    assert "58.79" not in page
    assert "the money" not in page
