"""Money that came short at the cash desk: whether its rest goes at once or waits for another person is said."""

from __future__ import annotations

import re

import pytest

from tests.bank_files import DAY
from tests.cash_lines import make_lines, paid
from tests.factories import make_company, make_customer, make_open_invoice, send_csrf_token, sign_in

LIST = f"/payments/cash?day={DAY}"
BEFORE, AFTER = "once another person approves it", "The rest of 5.00\N{NO-BREAK SPACE}EUR is let go once another person"


@pytest.fixture(params=["2.00", "20.00"])
def short(app, client, request):
    """R-18 (50.00) is paid with 45.00; a clerk may let the amount of the policy go."""
    with app.app_context():
        make_company(usual_bank_fee="15.00", write_off_amount=request.param, write_off_percent="50")
        customer = make_customer("Nordwind GmbH")
        invoice = make_open_invoice(customer, 50_00, number="R-18").id
        [line] = make_lines(paid(45_00, "R-18", name="Nordwind GmbH"))
        facts = {"line": line, "customer": customer.id, "invoice": invoice, "waits": request.param == "2.00"}
    sign_in(client, "finance")
    send_csrf_token(client)
    return facts


def test_a_suggestion_says_before_and_after_that_another_person_has_to_approve_the_rest(client, short):
    page = client.get(LIST).text
    assert (BEFORE in page) == short["waits"]
    sent = dict(re.findall(r'name="(version|proposal|next)" value="([^"]*)"', page))
    client.post(f"/payments/cash/{short['line']}/accept", data=sent)
    after = client.get(LIST).text
    assert (AFTER in after, '<a href="/payments/approvals">Approvals</a>' in after) == (short["waits"], short["waits"])


def test_a_rest_let_go_by_hand_says_what_needs_another_person(client, short):
    page = client.get(f"/payments/cash/{short['line']}?customer={short['customer']}").text
    assert "anything else waits for a second person" in page
    sent = {"version": "1", "customer": short["customer"], "short": "bank_fee", "next": LIST}
    client.post(f"/payments/cash/{short['line']}/place", data=sent | {f"share-{short['invoice']}-1": "45.00"})
    assert (AFTER in client.get(LIST).text) == short["waits"]
