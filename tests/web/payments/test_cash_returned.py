"""A payment that came back, at the cash desk: who bears what the bank took for it is asked as on the payment's page."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.invoices.services.issue import issue_invoice
from app.payments.models_settling import BankCharge
from app.payments.queries_charges import count_to_invoice
from app.payments.services_charge_invoices import draft_charge
from tests.bank_files import DAY
from tests.cash_lines import make_lines, paid
from tests.factories import ACTOR, NOW, make_company, make_customer, make_payment, send_csrf_token, sign_in

LIST = f"/payments/cash?day={DAY}"


@pytest.fixture
def back(app, client):
    """Nordwind paid 70.00; a line says it came back, and the bank took 4.50 for that."""
    with app.app_context():
        make_company(usual_bank_fee="15.00")
        customer = make_customer("Nordwind GmbH")
        payment = make_payment(customer, 70_00, allocations=None).id
        facts = {"customer": customer.id, "payment": payment}
        facts["line"] = make_lines(paid(-74_50, "Return", name="Nordwind GmbH"))[0]
    sign_in(client, "finance")
    send_csrf_token(client)
    return facts


@pytest.mark.parametrize(("ticked", "bears"), [({}, False), ({"is_passed_on": "1"}, True)])
def test_the_customer_bears_the_fee_of_a_return_only_where_the_desk_says_so(app, client, back, ticked, bears):
    sent = {"version": "1", "payment": back["payment"], "next": LIST} | ticked
    assert client.post(f"/payments/cash/{back['line']}/returned", data=sent).status_code == 302
    with app.app_context():
        charge = session().scalars(select(BankCharge)).one()
        assert (charge.amount, charge.is_passed_on, count_to_invoice()) == (4_50, bears, int(bears))


def test_undoing_a_return_names_the_invoice_that_asks_for_its_fee_still(app, client, back):
    sent = {"version": "1", "payment": back["payment"], "next": LIST, "is_passed_on": "1"}
    client.post(f"/payments/cash/{back['line']}/returned", data=sent)
    with app.app_context(), unit_of_work():
        charge_id = session().scalars(select(BankCharge.id)).one()
        invoice = draft_charge(charge_id, actor=ACTOR, now=NOW)
        number = issue_invoice(invoice.id, issued_on=DAY, actor=ACTOR, now=NOW).number
        url = f"/invoices/{invoice.id}"
    client.post(f"/payments/cash/{back['line']}/undo", data={"version": "2", "next": LIST})
    page = client.get(LIST).text
    assert "the line of -74.50\N{NO-BREAK SPACE}EUR is open again." in page
    assert f"{number} over 4.50\N{NO-BREAK SPACE}EUR asks for the fee still: credit it." in page
    assert f'<a href="{url}">{number}</a>' in page
    charges = client.get("/payments/charges").text
    assert ("Needs a credit note" in charges, f"{url}/credit" in charges) == (True, True)


def test_who_bears_the_fee_is_asked_wherever_a_return_is_placed(client, back):
    one = f"/payments/cash/{back['line']}?customer={back['customer']}"
    pages = [client.get(address).text for address in (LIST, one)]
    for page, forms in zip(pages, (1, 2), strict=True):
        asked = re.findall(r'<input type="checkbox" name="is_passed_on" value="1" form="([^"]+)">', page)
        assert (len(asked), "the fee of 4.50\N{NO-BREAK SPACE}EUR" in page) == (forms, True)
        assert all(re.search(rf'<form[^>]*action="/payments/cash/\d+/returned"[^>]*id="{one}"', page) for one in asked)
