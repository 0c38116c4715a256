"""Lines of the bank of days the books are closed for: they count from the first open day, and nobody is stuck."""

from __future__ import annotations

from datetime import date

import pytest

from app.db.unit_of_work import unit_of_work
from app.ledger import queries as ledger
from app.ledger.services_periods import close_period, reopen_period
from app.payments import queries_cash, services_cash
from app.payments.models_bank import LineState
from app.payments.queries import find_reversal, get_payment
from app.verify import verify
from tests.bank_files import entry
from tests.book import ROWS
from tests.cash_lines import act, line, take
from tests.factories import ACTOR, NOW, make_company, make_customer, make_issued_invoice, make_open_invoice

OCTOBER, FIRST_OPEN = date(2026, 10, 28), date(2026, 11, 1)


@pytest.fixture
def customer(app):
    make_company()
    return make_customer()


def close(up_to=date(2026, 10, 31)):
    with unit_of_work():
        return close_period(up_to, "VAT return sent", today=NOW.date(), actor=ACTOR, now=NOW).id


def day_of(line_id):
    return get_payment(queries_cash.find_match(line_id).payment_id).received_on


def test_a_line_of_a_closed_month_is_placed_as_of_the_first_open_day(app, customer):
    invoice = make_open_invoice(customer, 100_00)
    close()
    by_itself, by_hand = take(entry(60_00, "strange", on=OCTOBER), entry(40_00, "stranger", on=OCTOBER))
    for one, amount in ((by_itself, 60_00), (by_hand, 40_00)):
        act(services_cash.accept, one, customer_id=customer.id, shares=[(invoice.id, 1, amount)])
        assert day_of(one) == FIRST_OPEN
    assert ledger.open_amount(f"invoice:{invoice.id}", as_of=date(2026, 10, 31)) == 100_00
    assert ledger.open_amount(f"invoice:{invoice.id}") == 0
    assert [(one.invariant.code, one.findings) for one in verify(NOW, ROWS).broken] == []


def test_who_paid_in_time_keeps_the_early_discount_though_the_month_is_closed(app, customer):
    invoice = make_issued_invoice(customer, issued_on=date(2026, 10, 20), payment_terms="2% 10, net 30")
    payable = int(invoice.snapshot["early_discount"]["payable"].replace(".", ""))
    close()
    [one] = take(entry(payable, invoice.number, on=OCTOBER))
    assert line(one).state is LineState.MATCHED
    assert (day_of(one), ledger.open_amount(f"invoice:{invoice.id}")) == (FIRST_OPEN, 0)


def test_a_return_is_taken_back_though_its_month_was_closed_meanwhile(app, customer):
    invoice = make_open_invoice(customer, 100_00)
    paid, back = take(entry(100_00, invoice.number, on=date(2026, 10, 2)), entry(-100_00, "strange", on=OCTOBER))
    payment_id = queries_cash.find_match(paid).payment_id
    act(services_cash.reverse_by_line, back, payment_id=payment_id)
    assert find_reversal(payment_id).reversed_on == OCTOBER
    closing = close()
    act(services_cash.undo_line, back, reason="It was another one")
    assert (day_of(paid), ledger.open_amount(f"invoice:{invoice.id}")) == (FIRST_OPEN, 0)
    with unit_of_work():
        reopen_period(closing, "audit", actor=ACTOR, now=NOW)
    act(services_cash.undo_line, paid, reason="Nobody paid")
    assert ledger.open_amount(f"invoice:{invoice.id}") == 100_00
