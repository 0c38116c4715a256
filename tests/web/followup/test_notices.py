"""The notices of a day: who gets one, and afterwards who got one from whom, by name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.followup.services import notice_key
from app.kernel import clock
from tests import factories
from tests.factories import sign_in


@pytest.fixture
def overdue(client):
    """One overdue invoice of one customer, and today."""
    with client.application.app_context():
        now = clock.now()
        issued = now - timedelta(days=40)
        factories.make_company(now=issued)
        customer = factories.make_customer("Nordwind GmbH", billing_email="ap@nordwind.example.com", now=issued)
        factories.make_issued_invoice(customer, ("Sensor", "1", "100.00"), issued_on=issued.date(), now=issued)
        return clock.business_today(now, "Europe/Berlin"), customer.id


def test_a_run_that_was_sent_names_the_customers_and_who_sent_it(client, overdue):
    today, customer_id = overdue
    sign_in(client, "finance")
    before = client.get("/overdue/notices").text
    assert "<b>1</b> customer gets one mail about" in before
    assert "Send 1 reminder?" in before
    assert client.post(f"/overdue/notices/{today}/send").status_code == 302
    assert "1 reminder is on its way." in client.get("/overdue").text
    page = client.get("/overdue/notices").text
    assert f'<a href="/customers/{customer_id}"' in page
    assert ("Nordwind GmbH" in page, "Sent by" in page) == (True, True)
    assert notice_key(today, customer_id, 1) not in page
    assert "user:" not in page.partition("Sent by")[2][:40]
