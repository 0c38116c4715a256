"""Settlements beyond placing: each act changes what it says, needs whom it should, and is taken back exactly."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from lxml import etree
from sqlalchemy import select, text

from app.company.queries import get_company
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.documents.queries import find_document, read_content
from app.invoices.services import credit_invoice
from app.ledger import queries as ledger
from app.ledger.models import EntryKind
from app.ledger.services import NewEntry, post
from app.ledger.services_periods import close_period
from app.payments import (
    queries,
    queries_settling,
    services_deductions,
    services_refunds,
    services_refunds_back,
    services_transfers,
)
from app.payments import services_credits as credits_
from app.payments.models import Payment
from app.payments.models_settling import BankCharge
from app.payments.queries import PaymentState
from app.payments.queries_settling import list_live_deductions
from app.payments.rules_settling import DeductionCode, DeductionState, FourEyes, PaymentKind, RefundState
from app.payments.services import MoneyGone, NotReversible, allocate, reverse_payment, undo_allocation
from app.payments.services_charges import Charge
from app.payments.services_deductions import DecidedAlready
from app.payments.services_placing import MoreThanLeft, MoreThanOpen
from app.reports.queries_money import collected_between
from app.verify import verify
from app.verify.books import MONEY
from app.verify.settlements import SETTLEMENTS
from app.verify.trail import TRAIL
from tests.factories import ACTOR, make_company, make_customer, make_issued_invoice, make_open_invoice, make_payment

TODAY = date(2026, 11, 22)
OTHER = "user:77"
IBAN = "DE75512108001245126199"
BANK_FEE = DeductionCode.BANK_FEE


@pytest.fixture
def customer(app):
    make_company(write_off_amount="5.00", iban="DE89370400440532013000")
    return make_customer()


@pytest.fixture
def act(now):
    def do(service, *args, actor=ACTOR, **facts):
        with unit_of_work():
            return service(*args, actor=actor, now=now, **facts)

    return do


@pytest.fixture(autouse=True)
def books_in_order(app, now):
    yield
    trail = [one for one in TRAIL if one.code == "I36" and "placing" in one.sentence]
    assert verify(now, [*MONEY, *SETTLEMENTS, *trail]).broken == []


def replay(customer):
    """What the books say today and later, and what is left of the customer's payments."""
    payments = session().scalars(select(Payment.id).where(Payment.customer_id == customer.id)).all()
    return [ledger.read_balances(TODAY + timedelta(days=days)) for days in (0, 400)], queries.amounts_left(payments)


def open_of(invoice):
    return ledger.open_amount(f"invoice:{invoice.id}")


def propose(act, invoice, amount, *, code=BANK_FEE, **facts):
    return act(services_deductions.propose_deduction, invoice.id, 1, amount, code=code, **facts)


def refund(act, payment, amount):
    facts = {"beneficiary": "Nordlicht & Söhne", "iban": "DE75 5121 0800 1245 1261 99", "reason": "paid twice"}
    return act(services_refunds.propose_refund, payment.id, amount, **facts)


def approved_refund(act, payment, amount):
    return act(services_refunds.approve_refund, refund(act, payment, amount).id, actor=OTHER)


# --- undo restores everything ---------------------------------------------------------------------------------------


def deduct_and_undo(act, customer, invoice, payment):
    made = propose(act, invoice, 20_00)
    act(services_deductions.approve_deduction, made.id, actor=OTHER)
    assert open_of(invoice) == 80_00
    return lambda: act(services_deductions.undo_deduction, made.id, reason="paid after all")


def refund_and_cancel(act, customer, invoice, payment):
    made = approved_refund(act, payment, 30_00)
    assert queries.amount_left(payment.id) == 10_00
    return lambda: act(services_refunds.cancel_refund, made.id, reason="not needed")


def refund_and_return(act, customer, invoice, payment):
    made = approved_refund(act, payment, 30_00)
    act(services_refunds.export_refunds)
    act(services_refunds.mark_refund_paid, made.id, paid_on=TODAY)
    return lambda: act(services_refunds_back.return_refund, made.id, reason="account closed")


def transfer_and_undo(act, customer, invoice, payment):
    other = make_customer("Sued AG")
    owed = make_open_invoice(other, 25_00)
    made = act(services_transfers.transfer_money, payment.id, 30_00, other.id, reason="same group")
    act(allocate, made.id, [(owed.id, 1, 25_00)])
    assert (open_of(owed), queries.amount_left(made.id), queries.amount_left(payment.id)) == (0, 5_00, 10_00)
    outflow = queries.list_outflows(payment.id)[0]

    def undo():
        act(services_transfers.undo_transfer, outflow.id, reason="mistaken")
        assert (open_of(owed), queries.amount_left(made.id)) == (25_00, 0)
        with unit_of_work():  # the other customer's debt is no part of what is compared
            post([NewEntry(kind=EntryKind.WRITE_OFF, effective_on=TODAY, customer_id=other.id, currency="EUR",
                           amount=-25_00, document=f"invoice:{owed.id}", instalment=1, reason="test")],
                 actor=ACTOR, now=made.recorded_at)  # fmt: skip

    return undo


@pytest.mark.parametrize("story", [deduct_and_undo, refund_and_cancel, refund_and_return, transfer_and_undo])
def test_taking_it_back_restores_everything(customer, act, story):
    invoice = make_open_invoice(customer, 100_00)
    payment = make_payment(customer, 40_00, allocations=None)
    before = replay(customer)
    undo = story(act, customer, invoice, payment)
    assert replay(customer) != before
    undo()
    assert replay(customer) == before


# --- deductions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "code", "currency", "goes"),
    [
        (1_00, BANK_FEE, "EUR", True), (1_01, BANK_FEE, "EUR", False), (1_00, DeductionCode.TOLERANCE, "EUR", True),
        (1_00, DeductionCode.TAX_WITHHELD, "EUR", False), (1_00, BANK_FEE, "USD", False),
    ],
)  # fmt: skip
def test_policy_lets_small_differences_go_and_the_rest_waits(customer, act, amount, code, currency, goes):
    invoice = make_open_invoice(customer, 100_00, currency=currency)
    made = propose(act, invoice, amount, code=code)
    assert made.state is (DeductionState.APPROVED if goes else DeductionState.PROPOSED)
    assert open_of(invoice) == (100_00 - amount if goes else 100_00)


def test_asking_several_times_needs_a_second_person_for_the_rest(customer, act):
    invoice = make_open_invoice(customer, 479_87)
    made = [propose(act, invoice, 4_75, code=code) for code in (DeductionCode.TOLERANCE, BANK_FEE)]
    assert [one.state for one in made] == [DeductionState.APPROVED, DeductionState.PROPOSED]
    act(services_deductions.refuse_deduction, made[1].id, reason="they will pay")
    act(services_deductions.undo_deduction, made[0].id, reason="paid after all")
    again = propose(act, invoice, 4_75)
    assert (again.state, open_of(invoice)) == (DeductionState.APPROVED, 475_12)


def test_what_another_person_agreed_to_leaves_the_policy_its_room(customer, act):
    invoice = make_open_invoice(customer, 479_87)
    agreed = propose(act, invoice, 20_00)
    assert propose(act, invoice, 1_00).state is DeductionState.PROPOSED
    for one in (agreed, *queries_settling.list_waiting_deductions(invoice.id)[1:]):
        act(services_deductions.approve_deduction, one.id, actor=OTHER)
    assert propose(act, invoice, 4_75).state is DeductionState.APPROVED


def test_nobody_approves_what_they_asked_for_and_nothing_is_decided_twice(customer, act):
    invoice, payment = make_open_invoice(customer, 100_00), make_payment(customer, 40_00, allocations=None)
    made, back = propose(act, invoice, 30_00), refund(act, payment, 10_00)
    for service, one in (
        (services_deductions.approve_deduction, made), (services_refunds.approve_refund, back),
    ):  # fmt: skip
        with pytest.raises(FourEyes):
            act(service, one.id)
        act(service, one.id, actor=OTHER)
        with pytest.raises(DecidedAlready):
            act(service, one.id, actor=OTHER)
    refused = propose(act, invoice, 30_00)
    act(services_deductions.refuse_deduction, refused.id, reason="they will pay")
    with pytest.raises(DecidedAlready):
        act(services_deductions.approve_deduction, refused.id, actor=OTHER)


def test_no_more_is_let_go_than_is_open_with_what_waits_already(customer, act):
    invoice = make_open_invoice(customer, 100_00)
    waiting = propose(act, invoice, 60_00)
    with pytest.raises(MoreThanOpen):
        propose(act, invoice, 60_00)
    make_payment(customer, 50_00)
    with pytest.raises(MoreThanOpen):
        act(services_deductions.approve_deduction, waiting.id, actor=OTHER)


def test_it_counts_from_the_day_asked_for_but_never_in_a_closed_period(customer, act, now):
    invoice = make_open_invoice(customer, 100_00)
    with unit_of_work():
        close_period(date(2026, 10, 31), "done", today=TODAY, actor=ACTOR, now=now)
    made = [propose(act, invoice, 50, on=on) for on in (date(2026, 10, 5), date(2026, 11, 3))]
    assert [one.effective_on for one in made] == [date(2026, 11, 1), date(2026, 11, 3)]


def test_a_late_discount_takes_its_tax_along_rate_by_rate(customer, act):
    invoice = make_issued_invoice(customer)
    made = propose(act, invoice, 23_80, code=DeductionCode.DISCOUNT_LATE)
    assert [(row.category, row.rate, row.net, row.tax) for row in made.taxes] == [("S", Decimal(19), 20_00, 3_80)]
    assert propose(act, invoice, 23_80).taxes == []


def test_what_was_let_go_is_not_credited_again(customer, act):
    invoice = make_issued_invoice(customer)
    propose(act, invoice, 1_00)
    payment = make_payment(customer, open_of(invoice), received_on=TODAY)
    act(credit_invoice, invoice.id, "wrong", issued_on=TODAY)
    assert (open_of(invoice), list_live_deductions(invoice.id)) == (0, [])
    assert queries.amount_left(payment.id) == payment.amount


# --- refunds --------------------------------------------------------------------------------------------------------


def test_refunds_go_to_the_bank_in_one_file(customer, act):
    payment = make_payment(customer, 90_00, allocations=None)
    dollars = make_payment(customer, 7_00, currency="USD", allocations=None)
    made = [approved_refund(act, one, amount) for one, amount in ((payment, 30_00), (payment, 12_34), (dollars, 7_00))]
    file = act(services_refunds.export_refunds)
    root = etree.fromstring(read_content(find_document("refund_file", file.id, "xml")))
    space = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
    assert root.findtext(".//p:GrpHdr/p:NbOfTxs", namespaces=space) == "3"
    assert [one.text for one in root.findall(".//p:CtrlSum", space)] == ["42.34", "7.00"]
    assert [one.text for one in root.findall(".//p:CdtrAcct/p:Id/p:IBAN", space)] == [IBAN] * 3
    assert root.findtext(".//p:Cdtr/p:Nm", namespaces=space) == "Nordlicht + Soehne"
    assert {one.state for one in made} == {RefundState.EXPORTED}
    with pytest.raises(services_refunds.NothingToExport):
        act(services_refunds.export_refunds)
    with pytest.raises(DecidedAlready):
        act(services_refunds.cancel_refund, made[0].id, reason="too late")


def test_money_is_refunded_or_placed_never_both(customer, act):
    payment = make_payment(customer, 50_00, allocations=None)
    invoice = make_open_invoice(customer, 50_00)
    made = refund(act, payment, 40_00)
    with pytest.raises(services_refunds.WaitsAlready):
        refund(act, payment, 20_00)
    act(services_refunds.approve_refund, made.id, actor=OTHER)
    for reach in (
        lambda: act(allocate, payment.id, [(invoice.id, 1, 10_01)]),
        lambda: refund(act, payment, 10_01),
        lambda: act(services_transfers.transfer_money, payment.id, 10_01, make_customer("Sued").id, reason="x"),
    ):
        with pytest.raises(MoreThanLeft):
            reach()
    with pytest.raises(MoneyGone):
        act(reverse_payment, payment.id, reason="bounced")
    assert queries.read_states([payment]) == {payment.id: PaymentState.UNAPPLIED}  # nothing of it was ever placed
    act(services_transfers.transfer_money, payment.id, 10_00, make_customer("Sued").id, reason="x")
    assert queries.read_states([payment]) == {payment.id: PaymentState.MOVED}
    assert session().scalars(queries.filter_payments(states=[PaymentState.MOVED])).all() == [payment]


# --- credits, charges, reports --------------------------------------------------------------------------------------


def test_what_a_credit_note_leaves_on_account_settles_another_invoice(customer, act):
    """Something else took the open amount before, so the credit finds too little to settle."""
    invoice, other = make_issued_invoice(customer), make_open_invoice(customer, 100_00)
    with unit_of_work():
        post([NewEntry(kind=EntryKind.WRITE_OFF, effective_on=TODAY, customer_id=customer.id, currency="EUR",
                       amount=-60_00, document=f"invoice:{invoice.id}", instalment=1, reason="earlier")],
             actor=ACTOR, now=invoice.issued_at)  # fmt: skip
    note = act(credit_invoice, invoice.id, "wrong", issued_on=TODAY)
    credit = queries.find_by_external_id("credit_note", f"invoice:{note.id}")
    assert (credit.number, credit.kind, credit.amount) == (note.number, PaymentKind.CREDIT, 60_00)
    assert act(credits_.record_credit, note.id) is not None
    before = replay(customer)
    placed = act(allocate, credit.id, [(other.id, 1, 60_00)])
    assert (open_of(other), queries.amount_left(credit.id)) == (40_00, 0)
    act(undo_allocation, placed[0].id, reason="mistaken")
    assert replay(customer) == before
    assert collected_between(TODAY, TODAY, credit.recorded_at) == {}
    with pytest.raises(NotReversible):
        act(reverse_payment, credit.id, reason="no money")


def test_a_returned_debit_keeps_what_the_bank_charged(customer, act):
    payment = make_payment(customer, 50_00)
    act(reverse_payment, payment.id, reason="returned", charge=Charge(4_50, is_passed_on=True))
    row = session().scalars(select(BankCharge)).one()
    assert (row.amount, row.currency, row.is_passed_on, row.payment_id) == (4_50, "EUR", True, payment.id)


def test_outflows_are_never_changed(customer, act):
    payment = make_payment(customer, 50_00, allocations=None)
    approved_refund(act, payment, 10_00)
    assert get_company().write_off_amount == "5.00"
    with pytest.raises(Exception, match="append-only"), unit_of_work():
        session().execute(text("UPDATE payment_outflow SET amount = 1"))
