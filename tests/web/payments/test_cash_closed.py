"""A line of a closed month at the cash desk: the clerk gets through, and the page says from when the money counts."""

from __future__ import annotations

import re
from datetime import date

from app.db.unit_of_work import unit_of_work
from app.ledger.services_periods import close_period
from tests.cash_lines import make_lines, paid
from tests.factories import (
    ACTOR,
    NOW,
    make_company,
    make_customer,
    make_open_invoice,
    make_payment,
    send_csrf_token,
    sign_in,
)

BOOKED = date(2026, 10, 28)
LIST = f"/payments/cash?day={BOOKED}"


def test_money_of_a_closed_month_says_before_and_after_from_when_it_counts(app, client):
    with app.app_context():
        make_company()
        customer = make_customer("Nordwind GmbH")
        customer_id, invoice = customer.id, make_open_invoice(customer, 100_00, number="R-17").id
        payment = make_payment(customer, 70_00, allocations=None).id
        placed, back = make_lines(
            paid(90_00, "R-17", name="Nordwind GmbH", on=BOOKED),
            paid(-70_00, "Return", name="Nordwind GmbH", on=BOOKED),
        )
        with unit_of_work():
            close_period(date(2026, 10, 31), "month", today=NOW.date(), actor=ACTOR, now=NOW)
    sign_in(client, "finance")
    send_csrf_token(client)
    assert client.get(LIST).text.count("it counts from 1 Nov 2026") == 2
    page = client.get(f"/payments/cash/{placed}").text
    assert "The books of 28 Oct 2026 are closed. What you place counts from 1 Nov 2026." in page
    sent = {"version": "1", "customer": customer_id, "short": "", "next": LIST, f"share-{invoice}-1": "90.00"}
    assert client.post(f"/payments/cash/{placed}/place", data=sent).status_code == 302
    after = client.get(LIST).text
    assert "It counts from 1 Nov 2026, because the books of 28 Oct 2026 are closed." in after
    assert "it counts from 1 Nov 2026" in client.get(f"/payments/cash/{placed}").text
    heading = re.sub("<[^>]+>", "", client.get("/payments/2").text)
    assert "received 28 Oct 2026, counts from 1 Nov 2026" in heading
    assert ", counts from" not in client.get("/payments/1").text
    client.post(f"/payments/cash/{back}/returned", data={"version": "1", "payment": payment, "next": LIST})
    assert "what it settled is open again as of 1 Nov 2026." in client.get(LIST).text
