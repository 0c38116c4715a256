"""The book on the database answers as matching asks, and decisions teach it."""

from datetime import date

import pytest

from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.payments.models_matching import LearnedAccount, RemittanceHabit
from app.payments.queries_matching import read_book
from app.payments.rules_book import Habit, MatchLine
from app.payments.rules_matching import Action, propose
from app.payments.services_matching import learn, unlearn
from app.payments.services_refunds import propose_refund
from tests.factories import (
    ACTOR,
    NOW,
    make_company,
    make_customer,
    make_issued_invoice,
    make_open_invoice,
    make_payment,
)
from tests.harness.statements import count_statements

ON = date(2026, 11, 22)


@pytest.fixture
def customer(app):
    make_company()
    return make_customer()


def line(amount, text="", **more):
    return MatchLine(amount=amount, currency="EUR", booked_on=ON, remittance=text, **more)


def first(one, *others):
    found = propose(one, read_book([one, *others]))
    return found[0] if found else None


def test_a_rest_is_let_go_only_where_no_free_money_on_account_covers_it(customer):
    invoice = make_open_invoice(customer, 100_00)
    short = line(95_00, invoice.number)
    assert first(short).deduction.amount == 5_00
    payment = make_payment(customer, 7_00, allocations=None)
    assert first(short).deduction is None
    with unit_of_work():  # 3.00 are to go back, and 4.00 cover no 5.00
        propose_refund(
            payment.id, 3_00, beneficiary="Nord", iban="DE75512108001245126199", reason="paid twice", actor=ACTOR,
            now=NOW,
        )  # fmt: skip
    assert first(short).deduction.amount == 5_00


def test_the_book_finds_by_number_order_name_and_amount(customer):
    invoice = make_issued_invoice(customer, po_number="PO-4711", payment_terms="2% 10, net 30")
    old = make_open_invoice(customer, 333_00, number="OLD/88-1")
    other = make_customer("Suedstern Papier AG")
    make_open_invoice(other, 70_00)
    assert first(line(1190_00, invoice.number.lower())).is_certain
    early = first(line(1166_20, invoice.number))
    assert (early.is_certain, early.reasons[1]) == (True, "less the early discount, in time")
    assert first(line(1190_00, "Bestellung PO-4711")).reasons[0] == "order in remittance"
    assert first(line(333_00, "OLD/88-1 danke")).shares == ((old.id, 1, 333_00),)
    assert first(line(70_00, "", party_name="SUEDSTERN PAPIER")).customer_id == other.id
    assert first(line(70_00)).reasons[0] == "exact amount"


def test_a_misread_number_is_looked_up_whoever_paid_with_as_many_statements_however_much_is_open(customer):
    old, misread = make_open_invoice(customer, 333_00, number="OLD-2026/1041"), line(333_01, "OLD-2O26/1O41")
    counts = []
    for others in (0, 30):
        for at in range(others):
            make_open_invoice(make_customer(f"Other {at}"), 40_00 + at, number=f"X-{at:05d}")
        with count_statements(db.engine) as counted:
            found = first(misread)
        assert (found.shares, found.is_certain) == (((old.id, 1, 333_00),), False)
        counts.append(counted.count)
    assert counts[0] == counts[1]


def test_many_lines_are_read_in_a_few_statements(customer):
    words = ("Ahorn", "Birke", "Eiche", "Fichte", "Linde", "Pappel", "Ulme", "Weide")
    parties = [make_customer(f"{word} Papier AG") for word in words]
    owed = [make_open_invoice(party, 100_00 + at) for at, party in enumerate([*parties, customer])]
    lines = [line(100_00 + at, invoice.number) for at, invoice in enumerate(owed)]
    book = read_book([*lines, line(108_00)])
    assert [propose(each, book)[0].shares[0].invoice_id for each in lines] == [invoice.id for invoice in owed]
    for found in (book, read_book([line(100_08)])):
        assert [one.invoice_id for one in found.by_amount(100_08, "EUR")] == [owed[-1].id]


def test_a_returned_payment_is_found_by_the_invoice_it_settled(customer):
    invoice = make_open_invoice(customer, 90_00, number="INV-2025-00123")
    payment = make_payment(customer, 90_00)
    back = first(line(-90_00, "RETOURE INV-2025-00123", return_reason="AC04"))
    assert (back.action, back.payment_id, back.is_certain) == (Action.REVERSE, payment.id, True)
    paid_twice = first(line(90_00, invoice.number))
    assert (paid_twice.customer_id, paid_twice.shares) == (customer.id, ())


def test_decisions_teach_and_taking_them_back_unteaches(customer):
    make_open_invoice(customer, 815_00)
    paid = line(815_00, party_account="DE02100500000054540402")
    assert first(paid).reasons[0] == "exact amount"
    with unit_of_work():
        learn(paid, customer.id, habit=Habit.AMOUNT, actor=ACTOR, now=NOW)
    assert not first(paid).is_certain
    with unit_of_work():
        learn(paid, customer.id, habit=Habit.AMOUNT, actor=ACTOR, now=NOW)
    assert first(paid).is_certain
    with unit_of_work():
        unlearn(paid, customer.id, habit=Habit.AMOUNT)
    assert not first(paid).is_certain
    learned = session().query(LearnedAccount).one()
    assert (learned.confirmed, learned.denied) == (1, 0)
    with unit_of_work():
        unlearn(paid, customer.id, habit=Habit.AMOUNT)
    assert first(paid).reasons[0] == "exact amount"
    assert (session().query(LearnedAccount).all(), session().query(RemittanceHabit).all()) == ([], [])
