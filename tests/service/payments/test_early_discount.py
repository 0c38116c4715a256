"""The early discount is for what credit notes left, may be paid in parts, and goes with any of them."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from app.db.unit_of_work import unit_of_work
from app.invoices.models import Scope
from app.invoices.rules_reasons import CreditReason
from app.invoices.services import CreditData, draft_credit, draft_invoice, issue_credit, issue_invoice
from app.ledger import queries as ledger
from app.payments import queries_journal
from app.payments.queries import amount_left, list_live_allocations, list_shares_on
from app.payments.queries_let_go import list_let_go
from app.payments.queries_matching import read_book
from app.payments.rules_book import MatchLine
from app.payments.rules_matching import propose
from app.payments.rules_settling import DeductionCode
from app.payments.services import allocate, reverse_payment, undo_allocation
from app.payments.services_deductions import approve_deduction, propose_deduction
from app.verify import verify
from tests.book import ROWS
from tests.factories import ACTOR, NOW, make_company, make_customer, make_issued_invoice, make_payment, make_plain_order

ISSUED, IN_TIME, LATE = date(2026, 11, 2), date(2026, 11, 5), date(2026, 11, 20)
TERMS = "2% 10, net 30"


@pytest.fixture
def customer(app):
    make_company()
    yield make_customer()
    assert [(one.invariant.code, one.findings) for one in verify(NOW, ROWS).broken] == []


def bill(customer, *prices, rate="19", terms=TERMS, **options):
    taxes = [{"name": "VAT", "category": "S", "kind": "percent", "rate": rate}]
    lines = [("Sensor", "1", price) for price in prices]
    return make_issued_invoice(customer, *lines, taxes=taxes, issued_on=ISSUED, payment_terms=terms, **options)


def pay(customer, invoice, amount, on=IN_TIME):
    return make_payment(customer, amount, received_on=on, allocations=[(invoice.id, 1, amount)])


def credit_first_line(invoice):
    return credit_line(invoice, 0)


def credit_line(invoice, place, on=date(2026, 11, 22)):
    with unit_of_work():
        chosen = {invoice.lines[place].id: Decimal(1)}
        data = CreditData(scope=Scope.LINES, reason_code=CreditReason.RETURNED, quantities=chosen)
        made = draft_credit(invoice.id, data, actor=ACTOR, now=NOW)
        return issue_credit(made.id, on, actor=ACTOR, now=NOW)


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


FOUR, THREE_PERCENT = ("100.00",) * 4, "3% 14 days, 30 days net"  # 476.00, 461.72 in time


@pytest.mark.parametrize(
    ("paid", "credits_", "left", "discounts"),
    [
        ([(461_72, IN_TIME)], 1, 115_43, [(10_71, 171)]),
        ([(461_72, IN_TIME)], 2, 230_86, [(7_14, 114)]),
        ([(461_72, IN_TIME)], 4, 461_72, []),
        ([(200_00, ISSUED), (261_72, IN_TIME)], 1, 115_43, [(10_71, 171)]),
        ([(200_00, ISSUED), (261_72, IN_TIME)], 3, 346_29, [(3_57, 57)]),
        ([(10_00, LATE), (461_72, IN_TIME)], 1, 119_00, [(4_28, 68)]),  # it paid no price: it keeps what it was let off
        ([(470_00, IN_TIME)], 1, 119_00, [(6_00, 96)]),
        ([(470_00, IN_TIME)], 3, 354_57, [(3_57, 57)]),
        ([(476_00, IN_TIME)], 1, 119_00, []),
        ([(346_29, IN_TIME)], 1, 0, [(10_71, 171)]),  # as if the credit note had come first
        ([(461_72, LATE)], 1, 104_72, []),
    ],
)
def test_a_credit_note_leaves_the_discount_of_what_is_left_and_the_rest_of_the_money_on_account(
    customer, paid, credits_, left, discounts
):
    invoice = bill(customer, *FOUR, terms=THREE_PERCENT)
    payments = [pay(customer, invoice, amount, on) for amount, on in paid]
    for place in range(credits_):
        credit_line(invoice, place)
    assert (sum(amount_left(one.id) for one in payments), let_go(invoice), open_of(invoice)) == (left, discounts, 0)
    vouchers = queries_journal.read_vouchers(queries_journal.range_since_last())[1]
    assert all(sum(one.amount for one in voucher.bookings) == 0 for voucher in vouchers)
    booked = [one for voucher in vouchers for one in voucher.bookings]
    net = sum(one.amount for one in booked if one.key[0] == "discount")
    tax = sum(one.amount for one in booked if one.key[0] == "tax")
    kept = sum(amount for amount, _ in discounts)
    assert (net, tax) == (kept - sum(one for _, one in discounts), (credits_ - 4) * 19_00 + kept - net)


def test_twice_credited_in_another_currency_the_discount_is_right_to_the_cent(customer):
    invoice = bill(customer, "24.69", "37.07", "74.14", rate="7", terms="3% 14 days, 30 days net", currency="USD")
    assert (invoice.gross_total, credit_line(invoice, 0).gross_total) == (145_41, 26_42)
    payment = make_payment(customer, 115_42, received_on=IN_TIME, currency="USD", allocations=[(invoice.id, 1, 115_42)])
    assert [one for one, _ in let_go(invoice)] == [3_57]
    assert credit_line(invoice, 1).gross_total == 39_66
    assert (amount_left(payment.id), [one for one, _ in let_go(invoice)], open_of(invoice)) == (38_47, [2_38], 0)


@pytest.mark.parametrize(("on", "rows"), [(IN_TIME, 2), (LATE, 3)])
def test_a_credit_note_writes_no_discount_that_it_takes_back_itself(customer, on, rows):
    invoice = bill(customer, *FOUR, terms=THREE_PERCENT)
    pay(customer, invoice, 461_72)
    credit_line(invoice, 0, on)
    story = [(one.amount, one.on, one.taken_back_on) for one in list_let_go(invoice.id) if one.said.payment_id]
    assert story == [(14_28, IN_TIME, on), (10_71, on, None)]
    assert len(list_shares_on(invoice.id)) == rows
    assert [ledger.open_amount(f"invoice:{invoice.id}", as_of=day) for day in (IN_TIME, on)] == [0, 0]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_without_the_payment_a_credited_invoice_owes_all_that_is_left(customer, is_reversed):
    invoice = bill(customer, *FOUR, terms=THREE_PERCENT)
    payment = pay(customer, invoice, 461_72)
    credit_first_line(invoice)
    with unit_of_work():
        if is_reversed:
            reverse_payment(payment.id, reason="bounced", actor=ACTOR, now=NOW)
        else:
            [placed] = list_live_allocations(payment.id)
            undo_allocation(placed.id, reason="wrong", actor=ACTOR, now=NOW)
    assert (open_of(invoice), let_go(invoice)) == (357_00, [])
    if is_reversed:
        pay(customer, invoice, 346_29)
    else:
        with unit_of_work():
            allocate(payment.id, [(invoice.id, 1, 346_29)], actor=ACTOR, now=NOW)
    assert (open_of(invoice), let_go(invoice)) == (0, [(10_71, 171)])


SEVEN = {"name": "VAT 7", "category": "S", "kind": "percent", "rate": "7"}


def bill_at_two_rates(customer, terms):
    order = make_plain_order(customer, ("A", "1", "100"), ("B", "1", "100"), payment_terms=terms)
    with unit_of_work():
        order.lines[1].taxes, order.gross_total = [SEVEN], 226_00
    with unit_of_work():
        draft = draft_invoice(order.id, actor=ACTOR, now=NOW)
        return issue_invoice(draft.id, issued_on=ISSUED, actor=ACTOR, now=NOW)  # 119.00 + 107.00


def booked():
    """Account -> what everything comes to on it, in cents; the bank and what the customer owes left out."""
    sums = Counter()
    for voucher in queries_journal.read_vouchers(queries_journal.range_since_last())[1]:
        for one in voucher.bookings:
            sums[one.key] += one.amount
    kinds = ("discount", "tax", "revenue")
    return {" ".join(key).strip(): amount for key, amount in sums.items() if amount and key[0] in kinds}


@pytest.mark.parametrize("is_paid_first", [False, True])
def test_the_tax_of_a_discount_is_of_the_rates_that_are_left(customer, is_paid_first):
    invoice = bill_at_two_rates(customer, "10% 10 days, 30 days net")
    if is_paid_first:
        pay(customer, invoice, 203_40)
    credit_first_line(invoice)
    if not is_paid_first:
        pay(customer, invoice, 96_30)
    assert (open_of(invoice), let_go(invoice)) == (0, [(10_70, 70)])
    assert booked() == {"revenue S 7": -100_00, "discount": 10_00, "tax S 7": -6_30}


def test_the_tax_of_a_late_discount_is_of_the_rates_that_are_left_as_well(customer):
    invoice = bill_at_two_rates(customer, "30 days")
    credit_first_line(invoice)
    pay(customer, invoice, 96_30)
    with unit_of_work():
        gone = propose_deduction(
            invoice.id, 1, 10_70, code=DeductionCode.DISCOUNT_LATE, reason="late", actor="user:1", now=NOW
        )
    with unit_of_work():
        approve_deduction(gone.id, actor="user:2", now=NOW)
    assert [(row.name, row.net, row.tax) for row in gone.taxes] == [("VAT 7", 10_00, 70)]
    assert booked() == {"revenue S 7": -100_00, "discount": 10_00, "tax S 7": -6_30}
