"""The page of the daily report: each figure leads to its rows."""

from __future__ import annotations

import re
from datetime import date

import pytest

from app.kernel import clock
from tests import factories
from tests.factories import NOW, sign_in


@pytest.fixture
def boss(client, monkeypatch):
    """A manager on a day with an overdue invoice, a fulfilled order and money in two currencies."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    user_id = sign_in(client, "manager")
    with client.application.app_context():
        factories.make_company()
        customer = factories.make_customer("Nordwind GmbH")
        factories.make_open_invoice(customer, 12_500, due_on=date(2026, 10, 1))
        factories.make_issued_invoice(customer, currency="USD")
        factories.make_fulfilled_order("D-1")
        factories.make_payment(customer, 1_000, received_on=NOW.date(), actor=f"user:{user_id}")
    return client


def test_overdue_and_activity_lead_to_their_rows(boss):
    page = boss.get("/reports/daily").text.replace("&amp;", "&")
    links = set(re.findall(r'href="([^"]+figure=(?:activity|money\.EUR\.past_due\.)[^"]*)"', page))
    figures = {link.partition("figure=")[2].partition(".")[2] for link in links}
    assert figures >= {"EUR.past_due.1", "1.orders_touched", "1.tasks_done", "1.collected.EUR"}
    for link in links:
        assert "No rows" not in boss.get(link).text, link


@pytest.mark.parametrize("address", ["/reports/daily", "/"])
def test_the_tiles_name_the_other_currencies(boss, address):
    boss.post("/reports/daily/2026-11-22/send")
    page = boss.get(address).text
    assert "+ 1,190.00 USD" in page
    assert "on hold" not in page.lower()
    assert "Promises" not in page
