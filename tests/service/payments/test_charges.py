"""What the bank takes is kept once, and what a customer bears of it is asked for once; a refund is paid by its line."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from app.db.base import session
from app.db.unit_of_work import in_unit_of_work, unit_of_work
from app.invoices.models import Invoice
from app.invoices.services import credit_invoice
from app.invoices.services.drafts import delete_draft
from app.invoices.services.issue import issue_invoice
from app.ledger import queries as ledger
from app.payments import services_cash, services_refunds
from app.payments.bank_files import match_lines
from app.payments.models import Payment, PaymentReversal
from app.payments.models_bank import LineState
from app.payments.models_settling import BankCharge
from app.payments.pages_settling import read_settled
from app.payments.queries_charges import count_to_invoice, find_to_credit, states_of
from app.payments.queries_settling import get_refund
from app.payments.rules_cash import AsideCode
from app.payments.rules_charges import ChargeState
from app.payments.rules_settling import RefundState
from app.payments.services import reverse_payment
from app.payments.services_charge_invoices import ChargeBilled, NotPassedOn, draft_charge
from app.payments.services_charges import Charge, take_charge_back
from app.payments.statements.model import Detail
from tests.bank_files import entry
from tests.cash_lines import act, line, take
from tests.factories import ACTOR, NOW, make_company, make_customer, make_open_invoice, make_payment

FACTS = {"actor": ACTOR, "now": NOW}
IBAN = "DE75512108001245126199"


@pytest.fixture
def customer(app):
    make_company(iban="DE89370400440532013000")
    return make_customer()


def returned(customer, *, passed_on=True):
    """A payment that came back with a fee of 7.50."""
    make_open_invoice(customer, 100_00)
    payment = make_payment(customer, 100_00)
    with unit_of_work():
        reverse_payment(payment.id, reason="no funds", charge=Charge(7_50, is_passed_on=passed_on), **FACTS)
    return payment, session().scalars(select(BankCharge)).one()


def draft(charge):
    return in_unit_of_work(lambda: draft_charge(charge.id, **FACTS))


def state(charge):
    return states_of([charge])[charge.id].state


def test_a_fee_the_customer_bears_waits_until_one_invoice_asks_for_it(customer):
    _payment, charge = returned(customer)
    assert (count_to_invoice(), state(charge)) == (1, ChargeState.TO_INVOICE)
    first = draft(charge).id
    assert (count_to_invoice(), state(charge)) == (0, ChargeState.DRAFTED)
    with pytest.raises(ChargeBilled, match=f"Draft {first}"):
        draft(charge)
    with unit_of_work():
        delete_draft(first, **FACTS)
    assert (count_to_invoice(), state(charge)) == (1, ChargeState.TO_INVOICE)  # a deleted draft forgets nothing
    invoice = draft(charge)
    assert [(row["category"], line.gross) for line in invoice.lines for row in line.taxes] == [("O", 7_50)]
    with unit_of_work():
        issue_invoice(invoice.id, issued_on=date(2026, 11, 20), **FACTS)
    assert ledger.open_amount(f"invoice:{invoice.id}") == 7_50
    assert state(charge) is ChargeState.INVOICED


def test_our_own_fee_and_one_taken_back_ask_nobody(customer):
    _payment, charge = returned(customer, passed_on=False)
    assert (count_to_invoice(), state(charge)) == (0, ChargeState.OURS)
    with pytest.raises(NotPassedOn):
        draft(charge)


def test_a_draft_goes_when_the_payment_stands_after_all(customer):
    payment, charge = returned(customer)
    made = draft(charge).id
    with unit_of_work():
        take_charge_back(payment, session().get_one(PaymentReversal, payment.id), payment, **FACTS)
    assert (count_to_invoice(), state(charge)) == (0, ChargeState.TAKEN_BACK)
    assert [one.id for one in read_settled(payment).charges] == [charge.id]  # one line, that says it was taken back
    assert session().get(Invoice, made) is None
    with pytest.raises(NotPassedOn):
        draft(charge)


def came_back(customer, line_id, payment_id):
    """The line of 107.50 that says so; the newest charge."""
    act(services_cash.reverse_by_line, line_id, payment_id=payment_id, charge=7_50, is_passed_on=True)
    return session().scalars(select(BankCharge).order_by(BankCharge.id.desc())).first()


@pytest.mark.parametrize("is_credited", [False, True], ids=["standing", "credited"])
def test_an_issued_invoice_stays_the_fees_until_it_is_credited(customer, is_credited):
    make_open_invoice(customer, 100_00)
    paid_by = make_payment(customer, 100_00)
    [back] = take(entry(-107_50, "no funds"), match=False)
    charge = came_back(customer, back, paid_by.id)
    invoice = draft(charge)
    with unit_of_work():
        issue_invoice(invoice.id, issued_on=date(2026, 11, 20), **FACTS)
    act(services_cash.undo_line, back, reason="mistaken")
    asks = find_to_credit(paid_by.id)
    assert (asks.name, asks.gross, state(charge), count_to_invoice()) == (
        invoice.number, 7_50, ChargeState.TO_CREDIT, 0,
    )  # fmt: skip
    assert [one.id for one in read_settled(paid_by).charges] == [charge.id]
    if is_credited:
        with unit_of_work():
            credit_invoice(invoice.id, "no return", issued_on=date(2026, 11, 20), **FACTS)
        assert (find_to_credit(paid_by.id), state(charge)) == (None, ChargeState.TAKEN_BACK)
    instead = session().scalars(select(Payment).order_by(Payment.id.desc())).first()
    again = came_back(customer, back, instead.id)
    assert state(charge) is ChargeState.TAKEN_BACK
    assert (state(again), count_to_invoice()) == (
        (ChargeState.TO_INVOICE, 1) if is_credited else (ChargeState.INVOICED, 0)
    )
    if not is_credited:
        with pytest.raises(ChargeBilled, match=invoice.number):
            draft(again)
        act(services_cash.undo_line, back, reason="mistaken again")
        assert find_to_credit(instead.id).invoice_id == invoice.id


# --- lines that are set aside ---------------------------------------------------------------------------------------


def aside(line_id, code):
    act(services_cash.set_aside, line_id, reason_code=code)


def take_up(line_id):
    act(services_cash.take_up_again, line_id)


def test_a_line_set_aside_as_a_charge_is_one_until_it_is_taken_up(customer):
    [one] = take(entry(-3_20, "Kontoführung"), match=False)
    for charged in (3_20, 0, 3_20):
        (take_up if not charged else lambda it: aside(it, AsideCode.BANK_CHARGE))(one)
        assert session().scalar(select(func.sum(BankCharge.amount))) == charged
    assert count_to_invoice() == 0


def exported(customer, amount):
    payment = make_payment(customer, amount, allocations=None)
    facts = {"beneficiary": "Nordwind", "iban": IBAN, "reason": "paid twice"}
    with unit_of_work():
        made = services_refunds.propose_refund(payment.id, amount, **facts, **FACTS)
        services_refunds.approve_refund(made.id, actor="user:77", now=NOW)
        services_refunds.export_refunds(**FACTS)
    return made.id


def test_a_refund_is_paid_on_the_day_the_bank_books_it_and_not_before(customer):
    refund_id, tomorrow = exported(customer, 30_00), NOW + timedelta(days=1)
    detail = Detail(amount=-30_00, end_to_end_id="REFUND-1")
    [one] = take(entry(-30_00, details=(detail,), on=tomorrow.date()))
    assert (get_refund(refund_id).state, line(one).state) == (RefundState.EXPORTED, LineState.OPEN)
    match_lines([one], now=tomorrow)
    session().expire_all()
    assert (get_refund(refund_id).state, get_refund(refund_id).paid_on) == (RefundState.PAID, tomorrow.date())


@pytest.mark.parametrize(
    ("amount", "detail", "by_matching", "paid"),
    [
        (-30_00, {"end_to_end_id": "REFUND-1"}, True, True),
        (-30_00, {"party_account": IBAN}, False, True),
        (-30_00, {"end_to_end_id": "REFUND-2", "party_account": IBAN}, True, False),  # it names another
        (-29_00, {"end_to_end_id": "REFUND-1", "party_account": IBAN}, False, False),
    ],
)
def test_an_exported_refund_is_paid_by_the_line_of_the_bank(customer, amount, detail, by_matching, paid):
    refund_id = exported(customer, 30_00)
    [one] = take(entry(amount, details=(Detail(amount=amount, **detail),)), match=by_matching)
    if not by_matching:
        aside(one, AsideCode.REFUND_PAID)
    now = (RefundState.PAID, date(2026, 11, 20)) if paid else (RefundState.EXPORTED, None)
    assert (get_refund(refund_id).state, get_refund(refund_id).paid_on) == now
    if paid:
        assert line(one).state is LineState.IGNORED
        assert line(one).ignored_reason == "Refund paid: REFUND-1 to Nordwind"
        take_up(one)
        assert (get_refund(refund_id).state, get_refund(refund_id).paid_on) == (RefundState.EXPORTED, None)
