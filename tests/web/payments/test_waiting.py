"""A rest that waits for another person is named wherever its instalment is open."""

from __future__ import annotations

import pytest

from app.db.unit_of_work import unit_of_work
from app.payments.rules_settling import DeductionCode
from app.payments.services_deductions import propose_deduction
from tests.cash_lines import make_lines, paid
from tests.factories import ACTOR, NOW, make_company, make_customer, make_open_invoice, make_payment, sign_in

WAITS = '7.50\N{NO-BREAK SPACE}EUR of it waits for <a href="/payments/approvals">another person’s approval</a>'


@pytest.fixture
def short(app, client):
    """R-18 (356.96) is paid with 349.46; the rest of 7.50 waits. Two more payments could go there."""
    with app.app_context():
        make_company(write_off_amount="5.00")
        customer = make_customer("Nordwind GmbH")
        invoice = make_open_invoice(customer, 356_96, number="R-18")
        payment = make_payment(customer, 349_46, allocations=[(invoice.id, 1, 349_46)])
        other = make_payment(customer, 3_00, allocations=None)
        with unit_of_work():
            propose_deduction(
                invoice.id, 1, 7_50, code=DeductionCode.BANK_FEE, payment_id=payment.id, actor=ACTOR, now=NOW
            )
        [line] = make_lines(paid(20_00, "thanks", name="Nordwind GmbH"))
        facts = {"customer": customer.id, "invoice": invoice.id, "payment": payment.id, "other": other.id, "line": line}
    sign_in(client, "finance")
    return facts


def test_a_rest_that_waits_is_named_on_every_page_that_offers_its_instalment(client, short):
    for page in (
        f"/invoices/{short['invoice']}",
        f"/payments/cash/{short['line']}?customer={short['customer']}",
        f"/payments/{short['other']}",
    ):
        assert client.get(page).text.count(WAITS) == 1, page


def test_nothing_more_can_be_let_go_because_all_that_is_open_waits(client, short):
    page = client.get(f"/payments/{short['payment']}/deduct", follow_redirects=True).text
    assert "stands on no instalment that is still open" not in page
    money = "7.50\N{NO-BREAK SPACE}EUR"
    assert f"{money} of R-18 is open, and {money} of it waits for another person’s approval." in page
    assert '<a href="/payments/approvals">Approvals</a>' in page
    assert "Let the rest go…" not in page


def test_what_is_left_beside_it_is_offered_and_the_part_that_waits_is_named(app, client, short):
    with app.app_context():
        customer = make_customer("Suedwind GmbH")
        invoice = make_open_invoice(customer, 100_00, number="R-19")
        payment = make_payment(customer, 80_00, allocations=[(invoice.id, 1, 80_00)]).id
        with unit_of_work():
            propose_deduction(invoice.id, 1, 7_50, code=DeductionCode.BANK_FEE, actor=ACTOR, now=NOW)
    page = client.get(f"/payments/{payment}/deduct").text
    assert WAITS in page
    assert 'value="12.50"' in page
