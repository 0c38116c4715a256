"""The journal in currencies: what is settled and placed comes to 0 in the company's currency, to the cent."""

import csv
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from app.company.services_rates import set_rate
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.invoices.queries import document_name
from app.invoices.services import credit_invoice
from app.ledger import queries as ledger
from app.ledger.models import EntryKind
from app.ledger.services import NewEntry, post
from app.payments import queries_journal as queries
from app.payments.models import Allocation
from app.payments.queries import amounts_left, list_live_allocations, list_live_allocations_on
from app.payments.queries_exchange import exchange_of
from app.payments.rules_settling import DeductionCode, OutflowKind
from app.payments.services import allocate, lock_payment, reverse_payment, undo_allocation
from app.payments.services_credits import record_credit
from app.payments.services_deductions import approve_deduction, propose_deduction
from app.payments.services_journal import set_accounts
from app.payments.services_outflows import take_out
from app.payments.services_transfers import transfer_money
from tests.factories import (
    ACTOR,
    NOW,
    make_company,
    make_customer,
    make_issued_invoice,
    make_open_invoice,
    make_payment,
)

FIRST, PAID, LATER = date(2026, 11, 2), date(2026, 11, 10), date(2026, 11, 20)
KINDS = (
    "receivable", "unapplied", "bank", "opening", "revenue", "tax", "discount", "exchange", "prepaid", "write_off",
    "transfer",
)  # fmt: skip
ACCOUNTS = {kind: f"{1400 + at}" for at, kind in enumerate(KINDS)}
SAID = {"actor": ACTOR, "now": NOW}


@pytest.fixture
def customer(app):
    make_company()
    with unit_of_work():
        set_accounts({(kind, ""): (account, "") for kind, account in ACCOUNTS.items()}, **SAID)
    return make_customer()


def _rate(currency, on, rate):
    with unit_of_work():
        set_rate(currency, on, rate, **SAID)


def _rows(chosen=None):
    """Voucher, amount, rate, worth in euro (None where the row has none), debited and credited account."""
    file = queries.prepare(chosen or queries.range_since_last(), "extf", now=NOW).content.decode("cp1252")
    for row in csv.reader(file.splitlines()[2:], delimiter=";"):
        worth = row[0] if row[2] == "EUR" else row[4]
        yield row[10], row[0], row[3], Decimal(worth.replace(",", ".")) if worth else None, row[6], row[7]


def _balances(rows):
    """(account, voucher) -> what its rows come to in euro."""
    sums = Counter()
    for number, _, _, worth, debit, credit in rows:
        sums[debit, number] += worth
        sums[credit, number] -= worth
    return sums


def _total(sums, kind):
    return sum(worth for (account, _), worth in sums.items() if account == ACCOUNTS[kind])


def _place(payment_id, invoice, amount):
    with unit_of_work():
        allocate(payment_id, [(invoice.id, 1, amount)], **SAID)


def test_a_payment_stands_at_its_own_rate_and_clears_the_invoice_at_its(customer):
    _rate("USD", FIRST, "1.0724")
    _rate("USD", PAID, "1.0876")
    invoice = make_issued_invoice(customer, ("Pump", "1", "3700"), issued_on=FIRST, currency="USD")
    make_payment(customer, 440_300, currency="USD", received_on=PAID, allocations=[(invoice.id, 1, 440_300)])
    rows = list(_rows())
    assert [row[1:] for row in rows[-3:]] == [
        ("4403,00", "1,0876", Decimal("4048.36"), "1402", "1401"),  # bank at the payment's rate
        ("4403,00", "1,0724", Decimal("4105.75"), "1401", "1400"),  # receivables as the invoice says
        ("57,39", "", Decimal("57.39"), "1407", "1401"),  # the loss clears unapplied cash
    ]
    assert [_total(_balances(rows), kind) for kind in ("receivable", "unapplied")] == [0, 0]


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_settled_and_placed_comes_to_nothing_to_the_cent(customer, seed):
    random = Random(seed)
    other = make_customer("Other AG")
    for currency, around in (("USD", 1.07), ("JPY", 163.3), ("CHF", 0.93)):
        for on in range(19):
            _rate(currency, FIRST + timedelta(days=on), f"{around * random.uniform(0.9, 1.1):.4f}")
    numbers = {}
    for place, case in enumerate(("parts", "over", "undone", "short", "moved", "credited")):
        currency = random.choice(["USD", "JPY", "CHF"])
        net = random.randrange(10_001, 99_999)
        invoice = make_issued_invoice(
            customer, ("Pump", "1", str(net)), issued_on=FIRST + timedelta(days=place), currency=currency
        )
        numbers[invoice.number] = invoice.number
        rest = invoice.gross_total
        for _ in range(2):
            part = random.randrange(1, rest // 2)
            _paid(random, customer, invoice, part)
            rest -= part
        _finish(random, case, customer, other, invoice, rest, numbers)
    sums = _balances(_rows())
    by_invoice = Counter()
    for (account, number), worth in sums.items():
        if account == ACCOUNTS["receivable"]:
            by_invoice[numbers[number]] += worth
    assert set(by_invoice.values()) == {0}
    assert _total(sums, "unapplied") == 0
    _, vouchers = queries.read_vouchers(queries.range_since_last())
    assert {sum(one.worth or 0 for one in voucher.bookings) for voucher in vouchers} == {0}


@pytest.mark.parametrize("seed", range(3))
def test_the_differences_of_an_invoice_paid_in_parts_add_up_to_what_it_says_in_our_currency(customer, seed):
    random = Random(seed)
    _rate("USD", FIRST, "1.0724")
    for on in range(1, 19):
        _rate("USD", FIRST + timedelta(days=on), f"{1.08 * random.uniform(0.9, 1.1):.4f}")
    invoice = make_issued_invoice(customer, ("Pump", "1", "3700"), issued_on=FIRST, currency="USD")
    for rest in range(random.randrange(3, 7), -1, -1):
        open_amount = ledger.open_amount(document_name(invoice.id))
        _paid(random, customer, invoice, random.randrange(1, open_amount // 2) if rest else open_amount)
    found = exchange_of(list_live_allocations_on(invoice.id)).values()
    assert (
        sum(one.at_invoice for one in found) == invoice.company_gross_total == 4_105_75
    )  # converted at once: 4,105.74
    _, vouchers = queries.read_vouchers(queries.range_since_last())
    booked = sum(one.amount for voucher in vouchers for one in voucher.bookings if one.key[0] == "exchange")
    assert sum(one.difference for one in found) == -booked


def _paid(random, customer, invoice, amount, over=0):
    received = PAID + timedelta(days=random.randrange(9))
    return make_payment(
        customer, amount + over, currency=invoice.currency, received_on=received, allocations=[(invoice.id, 1, amount)]
    )


def _finish(random, case, customer, other, invoice, rest, numbers):
    """Settles the rest, and leaves no money unapplied."""
    if case == "over":
        payment = _paid(random, customer, invoice, rest, over=777)
        with unit_of_work():
            take_out(lock_payment(payment.id, []), 777, OutflowKind.REFUND, reason="Back", on=None, **SAID)
    elif case == "undone":
        payment = _paid(random, customer, invoice, rest)
        with unit_of_work():
            undo_allocation(list_live_allocations(payment.id)[0].id, reason="wrong", on=LATER, **SAID)
            reverse_payment(payment.id, reason="bounced", on=LATER, **SAID)
        _paid(random, customer, invoice, rest)
    elif case == "credited":
        _credit(customer, invoice, rest, numbers)
    elif case == "short":
        _paid(random, customer, invoice, rest - 99)
        with unit_of_work():
            code = DeductionCode.BANK_FEE
            deduction = propose_deduction(invoice.id, 1, 99, code=code, reason="kept", **SAID)
            if deduction.effective_on is None:
                approve_deduction(deduction.id, actor="user:2", now=NOW)
    elif case == "moved":
        payment = make_payment(other, rest, currency=invoice.currency, received_on=PAID, allocations=[])
        with unit_of_work():
            moved = transfer_money(payment.id, rest, customer.id, reason="Theirs", on=LATER, **SAID)
        _place(moved.id, invoice, rest)
    else:
        _paid(random, customer, invoice, rest)


def _credit(customer, invoice, rest, numbers):
    """The rest was let go before, so some of the credit is left on account; it and freed money pay the next invoice."""
    with unit_of_work():
        gone = NewEntry(
            kind=EntryKind.WRITE_OFF, effective_on=LATER, customer_id=customer.id, currency=invoice.currency,
            amount=-rest, document=f"invoice:{invoice.id}", instalment=1, reason="earlier",
        )  # fmt: skip
        post([gone], **SAID)
        credit = credit_invoice(invoice.id, reason="returned", issued_on=LATER, **SAID)
        left = record_credit(credit.id, **SAID)
    again = make_issued_invoice(customer, ("Pump", "1", "400000"), issued_on=LATER, currency=invoice.currency)
    numbers |= {credit.number: invoice.number, again.number: again.number}
    payments = [row.payment_id for row in session().query(Allocation).filter_by(invoice_id=invoice.id, undoes=None)]
    found = amounts_left([*payments, left.id])
    for payment_id, amount in found.items():
        _place(payment_id, again, amount)
    _paid(Random(0), customer, again, again.gross_total - sum(found.values()))


def test_what_lacks_a_rate_is_left_blank_and_never_guessed(customer):
    _rate("USD", PAID, "1.0876")
    invoice = make_open_invoice(customer, 100_00, currency="USD")
    make_payment(customer, 100_00, currency="USD", received_on=PAID, allocations=[(invoice.id, 1, 100_00)])
    lone = make_payment(customer, 50_00, currency="USD", received_on=date(2026, 10, 5))
    rows = list(_rows())
    assert [(row[1], row[2]) for row in rows] == [
        ("100,00", ""),
        ("100,00", "1,0876"),
        ("100,00", "1,0876"),
        ("50,00", ""),
    ]
    assert [row[3] for row in rows if not row[2]] == [None, None]
    _, vouchers = queries.read_vouchers(queries.range_since_last())
    assert vouchers[-1].number == lone.number
    assert queries.count_unrated(vouchers) == 2
