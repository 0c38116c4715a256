"""What the bank itemises as its charge stands beside the line it was taken from, to the cent, on both engines."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.db.base import session
from app.db.unit_of_work import in_unit_of_work
from app.payments import bank_files, queries_cash, queries_matched, services_bank, services_cash
from app.payments.models_bank import LineState, StatementLine
from app.payments.models_settling import BankCharge
from app.payments.queries_charges import count_to_invoice
from app.payments.rules_bank import digest_of
from app.payments.rules_cash import LineKind
from app.payments.statements.camt import read_camt
from tests.bank_files import entry
from tests.cash_lines import act, line, take
from tests.factories import ACTOR, NOW, make_company, make_customer, make_open_invoice
from tests.service.payments.test_cash import accept, expect_books_in_order
from tests.unit.payments.statements.charged import booked, charge, detail, report

FEE = charge("5.00")


@pytest.fixture
def customer(app):
    make_company()
    return make_customer()


def hand_in(*entries, name="a.xml"):
    file = bank_files.read(name, report(*entries).encode())
    return in_unit_of_work(lambda: services_bank.import_file(file, actor=ACTOR, now=NOW))


def lines():
    session().rollback()
    return [(one.amount, one.state) for one in session().scalars(select(StatementLine).order_by(StatementLine.id))]


def charges():
    session().rollback()
    rows = session().scalars(select(BankCharge).order_by(BankCharge.id))
    return [(one.amount, one.payment_id, one.reason, one.is_passed_on) for one in rows]


def test_a_charge_kept_from_what_came_in_is_a_bank_charge_beside_its_line(customer):
    invoice = make_open_invoice(customer, 1000_01)
    verdict = hand_in(booked("995.01", detail("995.01", "1000.01", text=invoice.number, more=FEE)))
    bank_files.match_lines(queries_matched.list_new(verdict.file_id), now=NOW)
    assert lines() == [(1000_01, LineState.MATCHED), (-5_00, LineState.IGNORED)]
    assert charges() == [(5_00, None, "Bank charge: Acme", False)]
    assert queries_cash.show_line(1).charged == -5_00
    expect_books_in_order()
    hand_in(booked("995.01", detail("995.01", "1000.01", text=invoice.number, more=FEE)), booked("1.00"))
    assert (len(lines()), len(charges())) == (3, 1)
    act(services_cash.take_up_again, 2)
    assert (sum(one[0] for one in charges()), lines()[1]) == (0, (-5_00, LineState.OPEN))
    expect_books_in_order()


def test_a_charge_that_another_file_itemises_later_is_kept_with_the_details(customer):
    take(entry(995_01, bank_reference="B1"), match=False)
    verdict = hand_in(booked("995.01", detail("995.01", "1000.01", text="INV-7", more=FEE), reference="B1"))
    assert verdict.statements[0].new == 0
    assert [one[0] for one in lines()] == [995_01, 1000_01, -5_00]
    assert [one[0] for one in charges()] == [5_00]
    expect_books_in_order()


def test_the_itemised_fee_of_a_returned_debit_is_kept_and_passed_on(customer):
    [paid] = take(entry(333_33, "AB7"), match=False)
    payment = accept(paid, customer)
    back = detail("336.33", "333.33", text="RETOURE AB7", more=charge("3.00"), reason="AC04")
    hand_in(booked("-336.33", back), name="b.xml")
    returned = 2
    in_unit_of_work(lambda: services_cash.propose_lines([returned], now=NOW))
    assert line(returned).amount == -336_33
    act(services_cash.reverse_by_line, returned, payment_id=payment.id, charge=3_00, is_passed_on=True)
    assert charges() == [(3_00, payment.id, "AC04", True)]
    assert (count_to_invoice(), queries_cash.show_line(returned).match.kind) == (1, LineKind.REVERSE)
    expect_books_in_order()


def test_a_booking_that_was_taken_apart_before_is_known_again_now_that_it_stays_whole():
    parts = detail("400.00", text="x"), detail("595.00", text="y", more=FEE)
    [whole] = read_camt(report(booked("1000.00", *parts)).encode()).statements[0].entries
    [apart] = read_camt(report(booked("990.00", *parts)).encode()).statements[0].entries
    assert (len(whole.details), len(apart.details)) == (1, 3)
    assert digest_of(whole) == digest_of(apart)
