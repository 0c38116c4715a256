"""What the cash desk puts right is no movement to the customer: statements of account leave it out, on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.db.base import session
from app.followup.queries_account import read_statement
from app.ledger import queries as ledger
from app.payments import services_cash
from tests.bank_files import DAY
from tests.factories import make_company, make_customer, make_open_invoice
from tests.service.payments.test_cash import accept, act, by_account, take, undo

SINCE, UNTIL = DAY - timedelta(days=30), DAY + timedelta(days=2)
BACK = {"on": DAY + timedelta(days=1), "is_reversal": True}


@pytest.fixture
def customer(app):
    make_company()
    return make_customer()


def movements(customer, **known):
    session().rollback()
    (account,) = read_statement(customer.id, SINCE, UNTIL, **known).accounts
    assert account.opening + sum(line.amount for line in account.lines) == account.closing
    return [(line.on, line.kind.value, line.amount) for line in account.lines if line.kind.value != "invoice"]


def test_a_line_that_was_placed_wrongly_and_moved_is_one_payment(app, customer):
    first, second = make_open_invoice(customer, 100_00), make_open_invoice(customer, 100_00)
    [line] = take(by_account(100_00, "thanks"))
    accept(line, customer, (first.id, 1, 100_00))
    undo(line)
    assert movements(customer) == []
    accept(line, customer, (second.id, 1, 100_00))
    assert movements(customer) == [(DAY, "payment", -100_00)]


def test_a_return_is_told_and_one_that_was_none_leaves_the_payment_on_its_day(app, customer):
    owed = make_open_invoice(customer, 100_00)
    [line] = take(by_account(100_00, "thanks"))
    payment = accept(line, customer, (owed.id, 1, 100_00))
    [back] = take(by_account(-100_00, "thanks", **BACK))
    act(services_cash.reverse_by_line, back, payment_id=payment.id)
    returned = [(DAY, "payment", -100_00), (BACK["on"], "payment", 100_00)]
    assert movements(customer) == returned
    known = ledger.last_position()
    undo(back)
    assert movements(customer) == [(DAY, "payment", -100_00)]
    assert movements(customer, up_to=known) == returned
