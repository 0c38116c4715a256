"""A refund that bounces is on account again once, whether a line of the bank says so or a person, on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.db.base import session
from app.db.unit_of_work import in_unit_of_work, unit_of_work
from app.kernel.errors import TillpaidError
from app.ledger import queries as ledger
from app.payments import queries, queries_cash, services, services_cash, services_refunds
from app.payments.models import Payment
from app.payments.models_bank import LineState
from app.payments.models_cash import LineMatch
from app.payments.queries_settling import get_refund
from app.payments.rules_cash import LineKind
from app.payments.rules_settling import RefundState
from app.payments.services_refunds import UsedMeanwhile
from app.payments.services_refunds_back import (
    IsRefundBack,
    LineIsPayment,
    LineWaits,
    MayBePayment,
    MayBeRefundBack,
    NotThisRefund,
    return_refund,
)
from app.payments.statements.model import Detail
from app.verify import verify
from tests.bank_files import entry
from tests.book import ROWS
from tests.cash_lines import act, line, take
from tests.factories import ACTOR, NOW, make_company, make_customer, make_open_invoice, make_payment

FACTS = {"actor": ACTOR, "now": NOW}
IBAN, ELSEWHERE = "DE75512108001245126199", "DE02500105170137075030"
BEFORE = NOW - timedelta(days=5)
SENT, PAID, BACK = RefundState.EXPORTED, RefundState.PAID, RefundState.RETURNED


@pytest.fixture
def customer(app):
    make_company(iban="DE89370400440532013000")
    return make_customer()


def exported(customer, *amounts):
    payment_id = make_payment(customer, sum(amounts), allocations=None, received_on=BEFORE.date()).id
    with unit_of_work():
        made = [
            services_refunds.propose_refund(
                payment_id, one, beneficiary="Nordwind", iban=IBAN, reason="paid twice", actor=ACTOR, now=BEFORE
            ).id
            for one in amounts
        ]
        for one in made:
            services_refunds.approve_refund(one, actor="user:77", now=BEFORE)
        services_refunds.export_refunds(actor=ACTOR, now=BEFORE)
    return made


def bank(amount, end_to_end_id="", account=IBAN, text="", reason="", name="Nordwind"):
    detail = Detail(
        amount=amount, end_to_end_id=end_to_end_id, party_account=account, remittance=text, return_reason=reason,
        party_name=name,
    )  # fmt: skip
    return entry(amount, details=(detail,))


def state(refund_id):
    session().rollback()
    return get_refund(refund_id).state


def on_account(customer):
    session().rollback()
    return -ledger.on_account_of([customer.id]).get((customer.id, "EUR"), 0)


def best(line_id):
    return next(iter(queries_cash.list_proposals([line_id]).get(line_id, [])), None)


def by_hand(refund_id, **facts):
    return in_unit_of_work(lambda: return_refund(refund_id, reason="account closed", **FACTS, **facts).id)


def accept(line_id, refund_id):
    act(services_cash.accept_refund_back, line_id, refund_id=refund_id)


def place(line_id, customer, **facts):
    act(services_cash.accept, line_id, customer_id=customer.id, shares=[], **facts)


def expect_books_in_order():
    session().rollback()
    assert [(one.invariant.code, one.findings) for one in verify(NOW, ROWS).broken] == []


def test_a_refund_that_bounces_is_returned_by_its_line_and_paid_again_when_that_is_undone(customer):
    [refund_id] = exported(customer, 99_99)
    out, back = take(bank(-99_99, "REFUND-1"), bank(99_99, "REFUND-1", reason="AC01"))
    assert (state(refund_id), line(back).state, on_account(customer)) == (BACK, LineState.IGNORED, 99_99)
    assert line(back).ignored_reason == "Refund came back: REFUND-1 to Nordwind"
    assert session().scalar(select(func.count(Payment.id))) == 1
    with pytest.raises(TillpaidError):
        by_hand(refund_id)
    expect_books_in_order()
    for _ in range(2):
        act(services_cash.take_up_again, back)
        assert (state(refund_id), line(back).state, on_account(customer)) == (PAID, LineState.OPEN, 0)
        expect_books_in_order()
        accept(back, refund_id)
        assert (state(refund_id), on_account(customer)) == (BACK, 99_99)
    act(services_cash.take_up_again, out)
    act(services_cash.take_up_again, back)
    assert state(refund_id) is SENT
    expect_books_in_order()


def test_money_that_came_back_and_was_placed_is_named_before_its_return_is_undone(customer):
    exported(customer, 50_00)
    [back] = take(bank(50_00, "REFUND-1"))
    owed = make_open_invoice(customer, 50_00)
    with unit_of_work():
        services.allocate(1, [(owed.id, 1, 50_00)], **FACTS)
    with pytest.raises(UsedMeanwhile, match=r"placed meanwhile, out of PAY-2026-00001\. Take that off there first"):
        act(services_cash.take_up_again, back)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"account": ELSEWHERE, "end_to_end_id": "REFUND-1"}, "waits: another account than the payee’s"),
        ({"account": "", "text": "RETURN REFUND-1"}, "waits: only the text names the refund"),
        ({"reason": "AC01"}, "waits: no reference is named"),
        ({"text": "Retoure Zahlung"}, "waits: no reference is named"),
    ],
)
def test_what_is_less_than_proven_is_suggested_and_no_payment_unless_a_person_says_so(customer, said, says):
    [refund_id] = exported(customer, 30_00)
    [back] = take(bank(30_00, **said))
    assert (best(back).kind, best(back).refund_id, best(back).is_certain) == (LineKind.REFUND_BACK, refund_id, False)
    assert says in best(back).reasons
    with pytest.raises(MayBeRefundBack):
        place(back, customer)
    with pytest.raises(LineWaits):
        by_hand(refund_id)
    place(back, customer, in_spite_of=["REFUND-1"])
    with pytest.raises(MayBePayment, match="PAY-2026-00002"):
        by_hand(refund_id)
    by_hand(refund_id, in_spite_of=["PAY-2026-00002"])
    expect_books_in_order()


def test_what_is_proven_is_never_a_payment_and_what_was_before_is_named(customer):
    [refund_id] = exported(customer, 30_00)
    [back] = take(bank(30_00, "REFUND-1"), match=False)
    with pytest.raises(IsRefundBack):
        place(back, customer, in_spite_of=["REFUND-1"])
    with pytest.raises(LineWaits):
        by_hand(refund_id)
    pretend_placed(back, customer)
    with pytest.raises(LineIsPayment, match="PAY-2026-00002"):
        by_hand(refund_id, in_spite_of=["PAY-2026-00002"])
    with unit_of_work():  # as it was possible once
        services_refunds.record_return(refund_id, reason="x", **FACTS)
    session().rollback()
    [broken] = verify(NOW, ROWS).broken
    assert broken.findings[0].detail == "came back, and its line 1 is PAY-2026-00002 too"


def pretend_placed(line_id, customer):
    with unit_of_work():
        payment = services.record_payment(
            customer.id, 30_00, currency="EUR", received_on=NOW.date() - timedelta(days=2), source="bank",
            external_id=f"line:{line_id}", allocations=None, **FACTS,
        )  # fmt: skip
        facts = {"line_id": line_id, "edition": 1, "kind": LineKind.SETTLE, "customer_id": customer.id}
        session().add(LineMatch(payment_id=payment.id, made_at=NOW, made_by=ACTOR, **facts))
        services_cash.get_line(line_id, held=True).state = LineState.MATCHED


@pytest.mark.parametrize("said", [{"end_to_end_id": "REFUND-1"}, {"text": "thanks"}], ids=["proven", "by account"])
def test_a_line_after_a_person_marked_the_return_is_that_return_and_counts_nothing(customer, said):
    [refund_id] = exported(customer, 30_00)
    by_hand(refund_id)
    [back] = take(bank(30_00, **said))
    if line(back).state is LineState.OPEN:
        assert best(back).reasons[-1].startswith("marked as come back already")
        with pytest.raises(MayBeRefundBack):
            place(back, customer)
        accept(back, refund_id)
    assert (state(refund_id), on_account(customer), line(back).state) == (BACK, 30_00, LineState.IGNORED)
    [again] = take(bank(30_00, **said, name="again"))
    assert best(again) is None or best(again).kind is LineKind.SETTLE
    with pytest.raises(NotThisRefund):
        accept(again, refund_id)
    expect_books_in_order()
    act(services_cash.take_up_again, back)
    assert (state(refund_id), on_account(customer)) == (BACK, 30_00)
    expect_books_in_order()


def test_of_a_batch_of_refunds_the_one_that_bounces_comes_back(customer):
    first, second, third = exported(customer, 30_00, 30_00, 20_00)
    whole = take(bank(-80_00, text="REFUNDS batch", account=""))
    [back, unnamed] = take(bank(30_00, f"REFUND-{second}", reason="AC04"), bank(30_00, reason="AC04", name="x"))
    assert [state(one) for one in (first, second, third)] == [SENT, BACK, SENT]
    assert (line(back).state, best(unnamed).refund_id, line(whole[0]).state) == (
        LineState.IGNORED, first, LineState.OPEN,
    )  # fmt: skip
    assert on_account(customer) == 30_00
    with pytest.raises(NotThisRefund):
        accept(unnamed, third)
    expect_books_in_order()


def test_money_of_the_account_that_names_an_invoice_settles_it_beside_a_refund_of_its_amount(customer):
    exported(customer, 30_00)
    owed = make_open_invoice(customer, 30_00)
    [paid] = take(bank(30_00, text=owed.number))
    assert (line(paid).state, queries.list_open_instalments(customer.id)) == (LineState.MATCHED, [])
