"""The early discount is for what credit notes left, may be paid in parts, and goes with any of them."""

from datetime import date
from decimal import Decimal

import pytest

from app.db.unit_of_work import unit_of_work
from app.invoices.models import Scope
from app.invoices.rules_reasons import CreditReason
from app.invoices.services import CreditData, draft_credit, issue_credit
from app.ledger import queries as ledger
from app.payments import queries_journal
from app.payments.queries import list_live_allocations
from app.payments.queries_let_go import list_let_go
from app.payments.queries_matching import read_book
from app.payments.rules_book import MatchLine
from app.payments.rules_matching import propose
from app.payments.services import allocate, reverse_payment, undo_allocation
from app.verify import verify
from tests.factories import ACTOR, NOW, make_company, make_customer, make_issued_invoice, make_payment

ISSUED, IN_TIME, LATE = date(2026, 11, 2), date(2026, 11, 5), date(2026, 11, 20)
TERMS = "2% 10, net 30"


@pytest.fixture
def customer(app):
    make_company()
    yield make_customer()
    assert [(one.invariant.code, one.findings) for one in verify(NOW).broken] == []


def bill(customer, *prices, rate="19"):
    taxes = [{"name": "VAT", "category": "S", "kind": "percent", "rate": rate}]
    lines = [("Sensor", "1", price) for price in prices]
    return make_issued_invoice(customer, *lines, taxes=taxes, issued_on=ISSUED, payment_terms=TERMS)


def pay(customer, invoice, amount, on=IN_TIME):
    return make_payment(customer, amount, received_on=on, allocations=[(invoice.id, 1, amount)])


def credit_first_line(invoice):
    with unit_of_work():
        chosen = {invoice.lines[0].id: Decimal(1)}
        data = CreditData(scope=Scope.LINES, reason_code=CreditReason.RETURNED, quantities=chosen)
        made = draft_credit(invoice.id, data, actor=ACTOR, now=NOW)
        return issue_credit(made.id, date(2026, 11, 22), actor=ACTOR, now=NOW)


def open_of(invoice):
    return ledger.open_amount(f"invoice:{invoice.id}")


def let_go(invoice):
    return [
        (one.amount, one.said.tax) for one in list_let_go(invoice.id)
        if one.said.what == "Early discount" and one.taken_back_on is None
    ]  # fmt: skip


def first(invoice, amount):
    line = MatchLine(amount=amount, currency="EUR", booked_on=IN_TIME, remittance=invoice.number)
    return propose(line, read_book([line]))[0]


def test_after_a_credit_note_the_discount_is_of_what_is_left(customer):
    invoice = bill(customer, "234.38", "103.92", rate="7")
    assert (invoice.gross_total, credit_first_line(invoice).gross_total, open_of(invoice)) == (361_98, 250_79, 111_19)
    best = first(invoice, 108_97)
    assert (best.is_certain, best.reasons[1], best.deduction) == (True, "less the early discount, in time", None)
    pay(customer, invoice, 108_97)
    assert (open_of(invoice), let_go(invoice)) == (0, [(2_22, 15)])
    *_, voucher = queries_journal.read_vouchers(queries_journal.range_since_last())[1]
    booked = {one.key[0]: one.amount for one in voucher.bookings}
    assert (booked["discount"], booked["tax"]) == (2_07, 15)


@pytest.mark.parametrize(("second", "on", "left"), [(38_37, IN_TIME, 0), (38_37, LATE, 1_19), (38_36, IN_TIME, 1_20)])
def test_the_part_that_completes_the_price_in_time_earns_the_discount(customer, second, on, left):
    invoice = bill(customer, "50.05")  # 59.56, 58.37 in time
    pay(customer, invoice, 20_00)
    assert first(invoice, 38_37).reasons[1] == "less the early discount, in time"
    pay(customer, invoice, second, on)
    assert (open_of(invoice), let_go(invoice)) == (left, [] if left else [(1_19, 19)])


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_without_either_part_the_discount_is_gone_and_comes_with_it_again(customer, which, is_reversed):
    invoice = bill(customer, "50.05")
    parts = [pay(customer, invoice, amount) for amount in (20_00, 38_37)]
    gone, amount = parts[which], (20_00, 38_37)[which]
    with unit_of_work():
        if is_reversed:
            reverse_payment(gone.id, reason="bounced", actor=ACTOR, now=NOW)
        else:
            [placed] = list_live_allocations(gone.id)
            undo_allocation(placed.id, reason="wrong", actor=ACTOR, now=NOW)
    assert (open_of(invoice), let_go(invoice)) == (amount + 1_19, [])
    with unit_of_work():
        if not is_reversed:
            allocate(gone.id, [(invoice.id, 1, amount)], actor=ACTOR, now=NOW)
    if is_reversed:
        pay(customer, invoice, amount)
    assert (open_of(invoice), let_go(invoice)) == (0, [(1_19, 19)])
    other = parts[1 - which]
    with unit_of_work():  # the discount hangs on the part that came last
        reverse_payment(other.id, reason="bounced", actor=ACTOR, now=NOW)
    assert (open_of(invoice), let_go(invoice)) == (other.amount + 1_19, [])
