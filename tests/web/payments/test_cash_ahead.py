"""A line the bank books tomorrow at the cash desk: it says from when it can be placed, and offers nothing before."""

from __future__ import annotations

from datetime import timedelta

from tests.cash_lines import make_lines, paid
from tests.factories import NOW, make_company, make_customer, make_open_invoice, send_csrf_token, sign_in

TOMORROW = NOW.date() + timedelta(days=1)
LIST = f"/payments/cash?day={TOMORROW}"


def test_a_line_of_tomorrow_says_from_when_it_can_be_placed_and_offers_nothing_before(app, client, today):
    with app.app_context():
        make_company()
        customer = make_customer("Nordwind GmbH")
        make_open_invoice(customer, 100_00, number="R-17")
        ahead, booked = make_lines(
            paid(90_00, "R-17", name="Nordwind GmbH", on=TOMORROW), paid(80_00, "R-17", name="Nordwind GmbH")
        )
    sign_in(client, "finance")
    send_csrf_token(client)
    shown = client.get(LIST).text
    assert "Can be placed from 23 Nov 2026" in shown
    assert f"/payments/cash/{ahead}/" not in shown
    page = client.get(f"/payments/cash/{ahead}").text
    assert "The bank books this line on 23 Nov 2026. It can be placed from that day on." in page
    assert f"/payments/cash/{ahead}/" not in page
    for one in (f"/payments/cash/{booked}", "/payments/cash?days=open"):
        assert f"/payments/cash/{booked}/accept" in client.get(one).text
