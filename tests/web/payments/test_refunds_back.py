"""A refund that came back, on the pages: accepted at the cash desk by one key, asked about where a person marks it."""

from __future__ import annotations

import re

import pytest

from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.payments import services_refunds
from app.payments.models import Payment
from app.payments.models_settling import Refund
from app.payments.rules_settling import RefundState
from tests.bank_files import DAY
from tests.cash_lines import make_lines, paid
from tests.factories import ACTOR, NOW, make_company, make_customer, make_payment, send_csrf_token, sign_in

LIST, IBAN, RETURN = f"/payments/cash?day={DAY}", "DE75512108001245126199", "/payments/refunds/1/return"


@pytest.fixture
def line_id(app, client):
    """30.00 went to Nordwind; a line brings as much from its account, returned."""
    with app.app_context():
        make_company(iban="DE89370400440532013000")
        customer = make_customer("Nordwind GmbH")
        make_payment(customer, 30_00, allocations=None, received_on=DAY)
        facts = {"beneficiary": "Nordwind GmbH", "iban": IBAN, "reason": "paid twice", "actor": ACTOR}
        early = NOW.replace(day=DAY.day)
        with unit_of_work():
            services_refunds.propose_refund(1, 30_00, **facts, now=early)
            services_refunds.approve_refund(1, actor="user:77", now=early)
            services_refunds.export_refunds(actor=ACTOR, now=early)
        made = make_lines(paid(30_00, "Retoure", name="Nordwind GmbH", account=IBAN))[0]
    sign_in(client, "finance")
    send_csrf_token(client)
    return made


def state(app):
    with app.app_context():
        return session().get_one(Refund, 1).state


def test_one_key_accepts_that_a_refund_came_back_and_undo_pays_it_again(app, client, line_id):
    page = client.get(LIST).text
    assert "REFUND-1 came back: Nordwind GmbH" in re.sub(r"<[^>]+>", "", page)
    [form] = re.findall(r'<form method="post" action="/payments/cash/1/returned".*?</form>', page, re.DOTALL)
    assert ('name="refund" value="1"' in form, 'data-row-key="a"' in form) == (True, True)
    client.post(f"/payments/cash/{line_id}/returned", data={"version": "1", "refund": "1", "next": LIST})
    assert state(app) is RefundState.RETURNED
    assert "Refund came back: REFUND-1 to Nordwind GmbH. The money is on account again." in client.get(LIST).text
    client.post(f"/payments/cash/{line_id}/undo", data={"version": "2", "next": LIST})
    assert state(app) is RefundState.EXPORTED


def test_a_person_who_marks_the_return_is_led_to_its_line_and_asked_about_other_money(app, client, line_id):
    assert f'href="{RETURN}"' in client.get("/payments/refunds").text
    assert "waits at the cash desk" in client.get(RETURN).text
    refused = client.post(RETURN, data={"reason": "account closed"})
    assert refused.status_code == 422
    assert "Accept it at the cash desk as REFUND-1 that came back" in refused.text
    placing = {"version": "1", "customer": "1", "next": LIST}
    asked = client.post(f"/payments/cash/{line_id}/place", data=placing)
    assert (asked.status_code, "This is other money than REFUND-1" in asked.text) == (422, True)
    ticked = placing | {"in_spite_of": "REFUND-1"}
    assert client.post(f"/payments/cash/{line_id}/place", data=ticked).status_code == 302
    asked = client.post(RETURN, data={"reason": "account closed"})
    assert (asked.status_code, "PAY-2026-00002: that is other money" in asked.text) == (422, True)
    assert state(app) is RefundState.EXPORTED
    client.post(RETURN, data={"reason": "account closed", "in_spite_of": "PAY-2026-00002"})
    assert state(app) is RefundState.RETURNED
    with app.app_context():
        assert session().query(Payment).count() == 2
