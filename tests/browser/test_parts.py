"""The pages that choose a part as people meet them: only the fields of the chosen way are shown and sent."""

from __future__ import annotations

import pytest

from tests.factories import PASSWORD, make_company, make_customer, make_issued_invoice, make_plain_order, make_user
from tests.harness.browser import list_faults

pytestmark = pytest.mark.browser
MAIL = "finance@tillpaid.test"


def test_only_the_fields_of_the_chosen_way_are_shown_and_sent(app, page):
    make_user(app, "finance", email=MAIL)
    with app.app_context():
        make_company()
        customer = make_customer("Nordwind GmbH")
        invoice_id = make_issued_invoice(customer, ("Sensor with a cable", "4", "250"), ("Cable", "10", "3.5")).id
        order_id = make_plain_order(customer, ("Sensor", "4", "250"), number="SO-77").id
    page.goto("/login")
    page.fill("#email", MAIL)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    page.goto(f"/invoices/{invoice_id}/credit")
    assert not page.get_by_label("Unit price of line 1").is_visible()
    page.get_by_label("Draft a new invoice").check()
    assert page.get_by_label("Unit price of line 1").input_value() == "250"
    assert list_faults(page) == []

    page.goto(f"/invoices/orders/{order_id}/bill")
    percent, quantity = page.get_by_label("Percent of the order"), page.get_by_label("1. Sensor")
    assert (percent.is_visible(), quantity.is_visible()) == (True, False)
    percent.fill("30")
    page.get_by_label("Quantities").check()
    assert (percent.is_visible(), quantity.is_visible()) == (False, True)
    quantity.fill("1")
    assert list_faults(page) == []
    page.get_by_role("button", name="Draft it").click()
    page.get_by_text("The draft is ready").first.wait_for()
