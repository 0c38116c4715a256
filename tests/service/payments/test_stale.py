"""A suggestion for a line of the bank is never older than the books of its customer, whatever changed them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.db.unit_of_work import unit_of_work
from app.invoices.models import Scope
from app.invoices.rules_reasons import CreditReason
from app.invoices.services import CreditData, draft_credit, issue_credit
from app.payments import queries_cash
from app.payments.bank_files import look_again
from app.payments.queries import list_live_allocations
from app.payments.queries_matched import list_stale, list_waiting
from app.payments.rules_settling import DeductionCode
from app.payments.services import reverse_payment, undo_allocation
from app.payments.services_deductions import propose_deduction
from tests.bank_files import entry
from tests.cash_lines import line, take
from tests.factories import ACTOR, NOW, make_company, make_customer, make_issued_invoice, make_payment

SOON, LATER, LAST = (NOW + timedelta(minutes=minutes) for minutes in (2, 4, 6))
FACTS = {"actor": ACTOR, "now": LATER}
WHOLE = 1190_00


def reverse(_invoice, payment):
    reverse_payment(payment.id, reason="bounced", **FACTS)


def take_a_share_back(_invoice, payment):
    undo_allocation(list_live_allocations(payment.id)[0].id, reason="mistaken", **FACTS)


def let_a_rest_go(invoice, _payment):
    propose_deduction(invoice.id, 1, 10_00, code=DeductionCode.BANK_FEE, **FACTS)


def credit_one_of_four(invoice, _payment):
    chosen = {"scope": Scope.LINES, "quantities": {invoice.lines[0].id: Decimal(1)}}
    made = draft_credit(invoice.id, CreditData(reason_code=CreditReason.RETURNED, **chosen), **FACTS)
    issue_credit(made.id, NOW.date(), send=False, **FACTS)


def best(line_id):
    line(line_id)
    return queries_cash.list_proposals([line_id])[line_id][0]


@pytest.mark.parametrize(
    ("change", "paid", "then"),
    [
        (reverse, WHOLE, WHOLE), (take_a_share_back, WHOLE, WHOLE), (let_a_rest_go, 0, 1180_00),
        (credit_one_of_four, 0, 892_50),
    ],
)  # fmt: skip
def test_whatever_changes_what_is_open_leads_to_a_fresh_suggestion(app, change, paid, then):
    make_company(write_off_amount="20.00", write_off_percent="50", matching="off")
    invoice = make_issued_invoice(customer := make_customer(), issued_on=date(2026, 11, 2))
    payment = make_payment(customer, paid, received_on=date(2026, 11, 3)) if paid else None
    [one] = take(entry(then, invoice.number))
    look_again(now=SOON)
    assert list_stale(SOON, 9) == []
    assert not {"exact amount", "exact amount of an instalment"} & set(best(one).reasons)
    with unit_of_work():
        change(invoice, payment)
    assert list_stale(LAST, 9) == list_stale(LAST, 9, one) == list_waiting(LAST, 9) == [one]
    look_again(now=LAST)
    assert (best(one).shares, "exact amount" in best(one).reasons) == ([[invoice.id, 1, then]], True)
    assert list_stale(LAST, 9) == []
