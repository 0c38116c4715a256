"""Exports of the journal: gapless by position, the same again, and nothing without accounts."""

import csv
import hashlib
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.documents.queries import find_document, read_content
from app.invoices.services import credit_invoice, draft_deposit, draft_invoice, issue_invoice
from app.payments import queries_journal as queries
from app.payments import services_cash
from app.payments.history import import_history
from app.payments.models import Payment
from app.payments.models_bank import StatementLine
from app.payments.queries import list_live_allocations
from app.payments.queries_let_go import list_let_go
from app.payments.rules_journal import AccountsMissing, find_account
from app.payments.rules_settling import DeductionCode, DeductionState
from app.payments.services import reverse_payment, undo_allocation
from app.payments.services_accounts import add_account
from app.payments.services_bank import import_file
from app.payments.services_deductions import approve_deduction, propose_deduction, undo_deduction
from app.payments.services_journal import BadAccount, ExportedMeanwhile, set_accounts, store_export
from tests.bank_files import IBAN, entry, handed_in, statement
from tests.cash_lines import act
from tests.factories import (
    ACTOR,
    NOW,
    make_company,
    make_customer,
    make_issued_invoice,
    make_open_invoice,
    make_payment,
    make_plain_order,
)
from tests.harness.plans import explain

DOLLARS = "DE12500105170648489890"
KINDS = ("receivable", "unapplied", "bank", "opening", "revenue", "tax", "discount", "exchange", "prepaid")


@pytest.fixture
def customer(app):
    make_company()
    return make_customer()


def _name_accounts():
    with unit_of_work():
        set_accounts({(kind, ""): (f"{1000 + at}", "") for at, kind in enumerate(KINDS)}, actor=ACTOR, now=NOW)


def _live(customer):
    make_open_invoice(customer, 50_000)
    own = make_issued_invoice(customer, issued_on=date(2026, 11, 2))
    paid = make_payment(customer, 60_000)
    with unit_of_work():
        undo_allocation(list_live_allocations(paid.id)[0].id, reason="wrong", actor=ACTOR, now=NOW)
        reverse_payment(paid.id, reason="bounced", actor=ACTOR, now=NOW)
    with unit_of_work():
        credit_invoice(own.id, reason="returned", issued_on=date(2026, 11, 22), actor=ACTOR, now=NOW)


def _export(chosen=None):
    prepared = queries.prepare(chosen or queries.range_since_last(), "plain", now=NOW)
    with unit_of_work():
        made = store_export(prepared, actor=ACTOR, now=NOW)
        return made.id, prepared


def test_exports_follow_each_other_without_a_gap_and_stay_as_written(customer):
    _live(customer)
    with pytest.raises(AccountsMissing):
        queries.prepare(queries.range_since_last(), "plain", now=NOW)
    _name_accounts()
    first_id, first = _export()
    with pytest.raises(queries.NothingNew):
        _export()
    make_payment(customer, 7_000)
    _second_id, second = _export()
    assert (first.range.after, second.range.after) == (0, first.range.up_to)
    whole = queries.prepare(queries.Range(second.range.up_to, after=0), "plain", now=NOW)
    assert whole.content == first.content + second.content.split(b"\r\n", 1)[1]
    again = queries.prepare(first.range, "plain", now=NOW)
    stored = find_document("journal_export", first_id, "csv")
    assert read_content(stored) == again.content
    assert queries.get_export(first_id).sha256 == hashlib.sha256(first.content).hexdigest()
    with pytest.raises(ExportedMeanwhile), unit_of_work():
        store_export(first, actor=ACTOR, now=NOW)
    rows = list(csv.DictReader(whole.content.decode("utf-8-sig").splitlines()))
    assert sum(Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0) for row in rows) == 0
    _entries, vouchers = queries.read_vouchers(whole.range)
    assert all(sum(one.amount for one in voucher.bookings) == 0 for voucher in vouchers)


def test_days_are_those_entries_count_from(customer):
    _live(customer)
    entries, vouchers = queries.read_vouchers(queries.range_of_days(date(2026, 9, 1), date(2026, 9, 30)))
    assert (entries, [voucher.on for voucher in vouchers]) == (1, [date(2026, 9, 1)])
    with pytest.raises(queries.WrongDays):
        queries.range_of_days(date(2026, 9, 2), date(2026, 9, 1))


def test_what_the_history_import_brought_stands_against_opening_items_and_leaves_the_bank_alone(customer):
    files = {
        "customers.csv": "customer_id,name,country,currency\nK1,Old AG,DE,EUR\n",
        "invoices.csv": "number,customer_id,issued_on,due_on,currency,gross\n"
        "R-1,K1,2026-09-01,2026-10-01,EUR,500.00\nR-2,K1,2026-09-02,2026-10-02,EUR,100.00\n",
        "payments.csv": "payment_id,customer_id,received_on,currency,amount,invoice,allocated\n"
        "P-1,K1,2026-10-05,EUR,500.00,R-1,500.00\nP-2,K1,2026-10-06,EUR,30.00,,\n",
    }
    with unit_of_work():
        done = import_history([(name, text.encode()) for name, text in files.items()], actor=ACTOR, now=NOW)
    assert done.is_imported, done.plan.verdicts
    still_open = {("receivable", ""): 100_00, ("unapplied", ""): -30_00}
    assert _sums() == {**still_open, ("opening", ""): -70_00}
    brought = session().scalars(select(Payment).where(Payment.external_id == "P-1")).one()
    with unit_of_work():
        undo_allocation(list_live_allocations(brought.id)[0].id, reason="bounced", actor=ACTOR, now=NOW)
        reverse_payment(brought.id, reason="bounced", actor=ACTOR, now=NOW)
    make_payment(customer, 7_00)
    assert _sums() == {
        ("receivable", ""): 600_00, ("unapplied", ""): -37_00, ("opening", ""): -70_00, ("bank", ""): -493_00,
    }  # fmt: skip


def _sums():
    """Account -> what everything comes to on it, in cents."""
    sums = Counter()
    for voucher in queries.read_vouchers(queries.range_since_last())[1]:
        for one in voucher.bookings:
            sums[one.key] += one.amount
    return {key: amount for key, amount in sums.items() if amount}


def test_a_junk_account_is_refused(customer):
    with pytest.raises(BadAccount, match="for bank"), unit_of_work():
        set_accounts({("bank", ""): ("=cmd()", "")}, actor=ACTOR, now=NOW)


@pytest.mark.parametrize(
    ("code", "key"),
    [(DeductionCode.BANK_FEE, ("write_off", "bank_fee")), (DeductionCode.DISCOUNT_LATE, ("discount", ""))],
)
def test_what_was_let_go_is_booked_by_its_reason_and_back_again(customer, code, key):
    invoice = make_issued_invoice(customer, issued_on=date(2026, 11, 2))
    with unit_of_work():
        deduction = propose_deduction(invoice.id, 1, 119, code=code, reason="kept", actor=ACTOR, now=NOW)
        if deduction.state is DeductionState.PROPOSED:
            approve_deduction(deduction.id, actor="user:2", now=NOW)
        undo_deduction(deduction.id, reason="paid after all", actor=ACTOR, now=NOW)
    _, vouchers = queries.read_vouchers(queries.range_since_last())
    amounts = [one.amount for voucher in vouchers for one in voucher.bookings if one.key == key]
    assert len(amounts) == 2
    assert amounts[0] == -amounts[1] > 0


def test_a_look_at_any_days_costs_the_same(customer, monkeypatch):
    _live(customer)
    days = queries.range_of_days(date(2026, 1, 1), date(2026, 12, 31))
    everything = queries.read_vouchers(days)[1]
    shown, is_cut = queries.preview(days)
    assert (sorted(one.position for one in shown), is_cut) == ([one.position for one in everything], False)
    monkeypatch.setattr(queries, "PREVIEWED", 3)
    shown, is_cut = queries.preview(days)
    assert is_cut
    assert len(shown) < len(everything)
    assert all(sum(one.amount for one in voucher.bookings) == 0 for voucher in shown)
    assert "ix_ledger_entry_effective" in explain(queries.select_preview(days))


def tax(name, rate, **more):
    return {"name": name, "category": "S", "kind": "percent", "rate": rate, **more}


NEW_YORK = [tax("State", "4"), tax("City", "4.5"), tax("MCTD", "0.375")]
STACKS = {
    "side by side": (
        NEW_YORK,
        {"revenue S 4": 1_000_000, "tax S 4": 40_000, "tax S 4.5": 45_000, "tax S 0.375": 3_750},
    ),
    "compounding": (
        [tax("Eco", "10", compounds=True), tax("VAT", "20")],
        {"revenue S 10": 1_000_000, "tax S 10": 100_000, "tax S 20": 220_000},
    ),
    "per unit": (
        [
            {"name": "Fee", "category": "S", "kind": "fixed_per_unit", "amount": "12.5", "compounds": True},
            tax("VAT", "20"),
        ],
        {"revenue S 20": 1_000_000, "tax S": 5_000, "tax S 20": 201_000},
    ),
}


@pytest.mark.parametrize("stack", STACKS)
def test_a_line_with_several_taxes_is_revenue_once(customer, stack):
    taxes, expected = STACKS[stack]
    invoice = make_issued_invoice(customer, ("Press", "4", "2500"), taxes=taxes, issued_on=date(2026, 11, 2))
    with unit_of_work():
        credit_invoice(invoice.id, reason="returned", issued_on=date(2026, 11, 22), actor=ACTOR, now=NOW)
    _, (issued, credited) = queries.read_vouchers(queries.range_since_last())
    named = {" ".join(one.key).strip(): -one.amount for one in issued.bookings}
    assert named == {"receivable": -invoice.gross_total} | expected
    assert {" ".join(one.key).strip(): one.amount for one in credited.bookings} == named


def test_a_deposit_of_several_taxes_is_revenue_once_with_its_invoice(customer):
    order = make_plain_order(customer, ("Press", "4", "2500"), taxes=NEW_YORK)
    for draft in (lambda: draft_deposit(order.id, percent=Decimal(30), actor=ACTOR, now=NOW), None):
        with unit_of_work():
            made = draft() if draft else draft_invoice(order.id, actor=ACTOR, now=NOW)
            issue_invoice(made.id, issued_on=date(2026, 11, 22), actor=ACTOR, now=NOW)
    _, vouchers = queries.read_vouchers(queries.range_since_last())
    revenues = [-one.amount for voucher in vouchers for one in voucher.bookings if one.key[0] == "revenue"]
    assert revenues == [300_000, 700_000]
    assert {one.key[0] for voucher in vouchers for one in voucher.bookings} == {"receivable", "revenue", "tax"}


def test_an_early_discount_corrects_each_of_several_taxes(customer):
    invoice = make_issued_invoice(
        customer, ("Press", "4", "2500"), taxes=NEW_YORK, issued_on=date(2026, 11, 2), payment_terms="2% 10, net 30"
    )
    make_payment(customer, 1_066_975, received_on=date(2026, 11, 5))
    assert [(one.amount, one.said.tax) for one in list_let_go(invoice.id)] == [(21_775, 1_775)]
    *_, paid = queries.read_vouchers(queries.range_since_last())[1]
    booked = {" ".join(one.key).strip(): one.amount for one in paid.bookings if one.key[0] in {"discount", "tax"}}
    assert booked == {"discount": 20_000, "tax S 4": 800, "tax S 4.5": 900, "tax S 0.375": 75}


def test_a_late_discount_corrects_each_of_several_taxes(customer):
    invoice = make_issued_invoice(customer, ("Press", "4", "2500"), taxes=NEW_YORK, issued_on=date(2026, 11, 2))
    with unit_of_work():
        late = propose_deduction(
            invoice.id, 1, 21_775, code=DeductionCode.DISCOUNT_LATE, reason="two days", actor=ACTOR, now=NOW
        )
    assert [(row.name, row.net, row.tax) for row in late.taxes] == [
        ("State", 20_000, 800), ("City", 0, 900), ("MCTD", 0, 75),
    ]  # fmt: skip


def test_a_credit_note_over_a_discounted_invoice_takes_the_settlement_back_in_words(customer):
    invoice = make_issued_invoice(customer, issued_on=date(2026, 11, 2), payment_terms="2% 10, net 30")
    make_payment(customer, 1_166_20, received_on=date(2026, 11, 9))
    with unit_of_work():
        credit_invoice(invoice.id, reason="returned", issued_on=date(2026, 11, 22), actor=ACTOR, now=NOW)
    _entries, vouchers = queries.read_vouchers(queries.range_since_last())
    said = [voucher.text.removesuffix(f" {customer.number}") for voucher in vouchers]
    assert said == ["Instalment", "Receipt", "Settlement", "Settlement taken back", "Credit"]


@pytest.mark.parametrize("layout", ["plain", "extf"])
def test_money_of_another_bank_account_stands_on_its_own_account_until_it_bounces(customer, layout):
    with unit_of_work():
        add_account(DOLLARS, "Dollars", "USD", actor=ACTOR, now=NOW)
    _name_accounts()
    owed = [make_open_invoice(customer, 70_00, currency=currency) for currency in ("USD", "EUR")]
    for at, (account, invoice) in enumerate(zip((DOLLARS, IBAN), owed, strict=True)):
        paid = statement([entry(70_00, "paid", currency=invoice.currency)], account=account, currency=invoice.currency)
        with unit_of_work():
            import_file(handed_in(paid, salt=str(at)), actor=ACTOR, now=NOW)
    ids = session().scalars(select(StatementLine.id).order_by(StatementLine.id)).all()
    for line_id, invoice in zip(ids, owed, strict=True):
        act(services_cash.accept, line_id, customer_id=customer.id, shares=[(invoice.id, 1, 70_00)])
    everything = queries.range_since_last()
    before = queries.prepare(everything, layout, now=NOW).content
    with unit_of_work():
        set_accounts({("bank", DOLLARS): ("1210", "")}, actor=ACTOR, now=NOW)
    for line_id, currency, account in zip(ids, ("USD", "EUR"), ("1210", "1002"), strict=True):
        _entries, vouchers = queries.read_vouchers(queries.range_since_last())
        assert _by_account(vouchers)[account, currency] == 70_00
        assert all(sum(one.amount for one in voucher.bookings) == 0 for voucher in vouchers)
        act(services_cash.undo_line, line_id, reason="mistaken")
        _entries, vouchers = queries.read_vouchers(queries.range_since_last())
        assert _by_account(vouchers)[account, currency] == 0
    after = queries.prepare(everything, layout, now=NOW).content
    assert (b"1210" in before, b"1210" in after, b"1002" in after) == (False, True, True)


def _by_account(vouchers):
    accounts, _ = queries.read_accounts()
    sums = Counter()
    for voucher in vouchers:
        for one in voucher.bookings:
            sums[find_account(one.key, accounts), voucher.currency] += one.amount
    return sums
