"""Two people at once: whoever comes second sees what the first did, on both engines."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from app.db.base import session
from app.db.unit_of_work import in_unit_of_work
from app.invoices.services import register_history_invoice
from app.kernel.errors import RuleError
from app.ledger import queries as ledger
from app.ledger import queries_checks as checks
from app.ledger import services as posting
from app.payments import queries, services, services_deductions, services_refunds
from app.payments.rules_settling import DeductionCode
from tests.factories import ACTOR, NOW, make_company, make_customer, make_open_invoice, make_payment

ROUNDS = 8
TODAY = date(2026, 11, 22)


@pytest.fixture
def customer(app):
    make_company()
    return make_customer()


def at_once(app, *acts):
    """Runs the acts in threads that start together; what each returned, or the refusal it met."""
    session().rollback()  # this thread's own read would make the others wait
    start, outcomes = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        with app.app_context():
            start.wait()
            try:
                outcomes[place] = in_unit_of_work(act)
            except RuleError as refusal:
                outcomes[place] = refusal

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return outcomes


def refused(outcomes):
    return [outcome for outcome in outcomes if isinstance(outcome, RuleError)]


def expect_books_in_order():
    assert checks.list_overdrawn_instalments() == []
    assert checks.list_gaps() == []
    for account, amount in ledger.on_account(date.max).items():
        assert amount <= 0, account


def allocate(payment, invoice, amount):
    ids = (payment.id, invoice.id)
    return lambda: services.allocate(ids[0], [(ids[1], 1, amount)], actor=ACTOR, now=NOW) and None


def undo(allocation_id):
    return lambda: services.undo_allocation(allocation_id, reason="x", actor=ACTOR, now=NOW) and None


def reverse(payment_id):
    return lambda: services.reverse_payment(payment_id, reason="x", actor=ACTOR, now=NOW) and None


def test_two_people_place_the_same_money(app, customer):
    for _ in range(ROUNDS):
        one, other = make_open_invoice(customer, 50_00), make_open_invoice(customer, 50_00)
        payment = make_payment(customer, 50_00, allocations=None)
        outcomes = at_once(app, allocate(payment, one, 50_00), allocate(payment, other, 50_00))
        assert len(refused(outcomes)) == 1
        assert queries.amount_left(payment.id) == 0
    expect_books_in_order()


def test_two_payments_meet_on_one_invoice(app, customer):
    for _ in range(ROUNDS):
        invoice = make_open_invoice(customer, 50_00)
        payments = [make_payment(customer, 40_00, allocations=None) for _ in range(2)]
        outcomes = at_once(app, *(allocate(payment, invoice, 40_00) for payment in payments))
        assert len(refused(outcomes)) == 1
        assert ledger.open_amount(f"invoice:{invoice.id}") == 10_00
    expect_books_in_order()


def record(customer_id, **facts):
    def act():
        made = services.record_payment(
            customer_id, 40_00, currency="EUR", received_on=TODAY, actor=ACTOR, now=NOW, **facts
        )
        return made.id

    return act


def test_two_payments_recorded_at_once_share_the_open_invoices(app, customer):
    customer_id = customer.id
    for _ in range(ROUNDS):
        invoice = make_open_invoice(customer, 60_00)
        document = f"invoice:{invoice.id}"
        assert refused(at_once(app, record(customer_id), record(customer_id))) == []
        assert ledger.open_amount(document) == 0
    assert ledger.on_account(TODAY)[customer_id, "EUR"] == -20_00 * ROUNDS
    expect_books_in_order()


def test_the_same_bank_payment_comes_in_twice_at_once(app, customer):
    customer_id = customer.id
    for number in range(ROUNDS):
        again = record(customer_id, source="bank", external_id=f"e-{number}")
        first, second = at_once(app, again, again)
        assert first == second
    assert ledger.on_account(TODAY)[customer_id, "EUR"] == -40_00 * ROUNDS


def test_an_allocation_is_undone_while_its_payment_is_reversed(app, customer):
    for _ in range(ROUNDS):
        invoice = make_open_invoice(customer, 50_00)
        payment = make_payment(customer, 50_00)
        payment_id, allocation_id = payment.id, queries.list_live_allocations(payment.id)[0].id
        at_once(app, undo(allocation_id), reverse(payment_id))
        assert queries.find_reversal(payment_id) is not None
        assert ledger.open_amount(f"invoice:{invoice.id}") == 50_00
    assert ledger.on_account(TODAY) == {}
    expect_books_in_order()


def test_a_credit_and_an_allocation_never_take_the_same_amount(app, customer):
    customer_id = customer.id
    for _ in range(ROUNDS):
        invoice = make_open_invoice(customer, 50_00)
        payment = make_payment(customer, 50_00, allocations=None)
        document = f"invoice:{invoice.id}"
        at_once(
            app,
            allocate(payment, invoice, 50_00),
            lambda document=document: posting.credit(
                document, 50_00, customer_id=customer_id, currency="EUR", effective_on=TODAY, reason="invoice:0",
                actor=ACTOR, now=NOW,
            ) and None,
        )  # fmt: skip
        assert ledger.open_amount(document) == 0
    assert ledger.on_account(TODAY)[customer_id, "EUR"] == -50_00 * ROUNDS
    expect_books_in_order()


def test_snapshots_taken_while_others_post_miss_nothing(app, customer):
    customer_id = customer.id

    def register(number):
        day = date(2026, 9, 1)
        return lambda: (
            register_history_invoice(
                f"R-{number}", customer_id, issued_on=day, due_on=day, currency="EUR", gross=10, actor=ACTOR, now=NOW
            )
            and None
        )

    for number in range(ROUNDS):
        at_once(app, register(2 * number), lambda: posting.take_snapshot(date(2026, 9, 30), NOW) and None)
    assert len(ledger.list_open_items(date(2026, 10, 15))) == ROUNDS
    assert checks.list_broken_snapshots() == []
    assert checks.list_unmarked_late_entries() == []


def propose_refund(payment_id, amount):
    facts = {"beneficiary": "Nord", "iban": "DE75512108001245126199", "reason": "x", "actor": ACTOR, "now": NOW}
    return in_unit_of_work(lambda: services_refunds.propose_refund(payment_id, amount, **facts).id)


def propose_deduction(invoice_id, amount):
    facts = {"code": DeductionCode.OTHER, "reason": "x", "actor": ACTOR, "now": NOW}
    return in_unit_of_work(lambda: services_deductions.propose_deduction(invoice_id, 1, amount, **facts).id)


def approve(service, one_id):
    return lambda: service(one_id, actor="user:77", now=NOW) and None


def test_two_people_approve_the_same(app, customer):
    for _ in range(ROUNDS // 2):
        invoice, payment = make_open_invoice(customer, 60_00), make_payment(customer, 50_00, allocations=None)
        invoice_id, payment_id = invoice.id, payment.id
        made, refund = propose_deduction(invoice_id, 40_00), propose_refund(payment_id, 30_00)
        for service, one in ((services_deductions.approve_deduction, made), (services_refunds.approve_refund, refund)):
            assert len(refused(at_once(app, approve(service, one), approve(service, one)))) == 1
        assert (ledger.open_amount(f"invoice:{invoice_id}"), queries.amount_left(payment_id)) == (20_00, 20_00)
        expect_books_in_order()


def test_one_refunds_and_another_places_the_same_money(app, customer):
    for _ in range(ROUNDS // 2):
        invoice, payment = make_open_invoice(customer, 50_00), make_payment(customer, 50_00, allocations=None)
        refund, payment_id = propose_refund(payment.id, 50_00), payment.id
        outcomes = at_once(app, approve(services_refunds.approve_refund, refund), allocate(payment, invoice, 50_00))
        assert len(refused(outcomes)) == 1
        assert queries.amount_left(payment_id) == 0
        expect_books_in_order()
