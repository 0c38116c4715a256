"""Vouchers of the journal: debits equal credits whatever happened, and two layouts say the same."""

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.invoices.rules import compute, parse_document
from app.invoices.rules.sold import list_sold
from app.kernel.errors import BadInput
from app.kernel.money import format_decimal
from app.payments.rules_journal import (
    AccountsMissing,
    Booking,
    Posted,
    Sale,
    Tax,
    Unexplained,
    Voucher,
    book,
    book_exchange,
    group_entries,
    name_voucher,
    pair,
    require_accounts,
    require_explained,
    sum_sides,
)
from app.payments.rules_journal_file import write_extf, write_plain
from tests.unit.invoices.chance import document

DAY = date(2026, 10, 5)
SALES = {
    "invoice:1": Sale([Tax("S 19", 100_000, 19_000)]),
    "invoice:2": Sale([Tax("S 19", 100, 19), Tax("S 7", 100, 7)]),
    "invoice:3": Sale([Tax("S 19", 100_000, 19_000)], prepaid=19_000),
}


def posted(kind, amount, reason, document="invoice:1", cause=""):
    return Posted(1, DAY, kind, "C-1", "EUR", document, amount, reason, 1, cause)


@pytest.mark.parametrize(
    ("entries", "sides"),
    [
        (
            [posted("instalment", 59_500, "invoice:1"), posted("instalment", 59_500, "invoice:1")],
            {"receivable": 119_000, "revenue S 19": -100_000, "tax S 19": -19_000},
        ),
        (
            [posted("instalment", 100_000, "invoice:3", "invoice:3")],  # 190.00 were paid before
            {"receivable": 100_000, "revenue S 19": -100_000, "tax S 19": -19_000, "prepaid ": 19_000},
        ),
        (
            [posted("instalment", 100_000, "invoice:1")],  # nobody says why so little is owed
            {"receivable": 100_000, "revenue S 19": -100_000, "tax S 19": -19_000, "unexplained ": 19_000},
        ),
        ([posted("instalment", 500, "invoice:9", "invoice:9")], {"receivable": 500, "opening ": -500}),
        (
            [posted("credit", -100, "invoice:2", "invoice:1"), posted("credit", -126, "invoice:2", None)],
            {
                "receivable": -100,
                "unapplied ": -126,
                "revenue S 19": 100,
                "tax S 19": 19,
                "revenue S 7": 100,
                "tax S 7": 7,
            },
        ),
        ([posted("receipt", -500, "payment:1", None)], {"unapplied ": -500, "bank ": 500}),
        ([posted("receipt", 500, "payment_reversal:1", None)], {"unapplied ": 500, "bank ": -500}),
        ([posted("refund", 500, "refund:1", None)], {"unapplied ": 500, "bank ": -500}),
        (
            [
                posted("settlement", -117_810, "allocation:1"),
                posted("application", 117_810, "allocation:1", None),
                posted("write_off", -1_190, "allocation:1", cause="discount"),
            ],
            {"receivable": -119_000, "unapplied ": 117_810, "discount ": 1_000, "tax S 19": 190},
        ),
        ([posted("write_off", -300, "deduction:1", cause="bank_fee")], {"receivable": -300, "write_off bank_fee": 300}),
        (
            [posted("transfer", 70, "transfer:1", None), posted("transfer", -70, "transfer:1", None)],
            {},
        ),
    ],
)
def test_every_kind_is_booked_with_equal_sides(entries, sides):
    bookings = book(entries, SALES)
    named = {" ".join(one.key): one.amount for one in bookings}
    assert named == {name if " " in name else f"{name} ": amount for name, amount in sides.items()}
    assert sum(one.amount for one in bookings) == 0
    assert sum(one.amount for one in pair(bookings)) == sum(one.amount for one in bookings if one.amount > 0)


@pytest.mark.parametrize(("difference", "against"), [(5, "gain"), (-5, "loss")])
def test_an_exchange_difference_stands_against_unapplied_cash(difference, against):
    assert book_exchange(difference) == (
        Booking(("unapplied", ""), difference),
        Booking(("exchange", against), -difference),
    )


def test_pairs_keep_what_receivables_and_unapplied_cash_are_worth():
    owed = (Booking(("receivable", ""), 100, 81), Booking(("unapplied", ""), 25, 20))
    given = (Booking(("revenue", ""), -100, -80), Booking(("tax", ""), -25, -21))
    assert [one.worth for one in pair((*owed, *given))] == [81, 20]


def test_one_cause_on_one_day_is_one_voucher():
    entries = [posted("receipt", -1, "payment:1"), posted("settlement", -1, "a:1"), posted("application", 1, "a:1")]
    assert [len(group) for group in group_entries(entries)] == [1, 2]


PLACED = [posted("settlement", -1, "a:1"), posted("application", 1, "a:1", None)]
EARLY, LATE = posted("write_off", -1, "a:1", cause="discount"), posted("write_off", -1, "d:1", cause="discount_late")


@pytest.mark.parametrize(
    ("entries", "name"),
    [
        ([EARLY, *PLACED], "Settlement"),
        ([EARLY], "Early discount"),
        ([LATE], "Late discount"),
        ([posted("write_off", -1, "d:1", cause="dispute")], "Write-off"),
        ([posted("receipt", -1, "payment:1", None)], "Receipt"),
    ],
)
def test_a_voucher_says_what_it_is_about_and_that_it_was_taken_back(entries, name):
    assert name_voucher(entries) == name
    assert name_voucher([one._replace(position=9) for one in entries]) == f"{name} taken back"


VOUCHER = Voucher(
    7, DAY, "USD", "=INV-1", "instalment C-1\nŁódź", Decimal("1.25"),
    (
        Booking(("receivable", ""), 125, 100), Booking(("revenue", "S 19"), -100, -80),
        Booking(("tax", "S 19"), -25, -20),
    ),
)  # fmt: skip
ACCOUNTS = {("receivable", ""): "1400", ("revenue", ""): "8400", ("tax", "S 19"): "1776"}


def test_accounts_that_are_missing_are_named():
    with pytest.raises(AccountsMissing, match="receivables, tax S 19"):
        require_accounts([VOUCHER], {("revenue", ""): "8400"})
    require_accounts([VOUCHER], ACCOUNTS)
    assert sum_sides([VOUCHER]) == {"USD": (125, 125)}


def test_a_difference_nobody_explains_is_never_written():
    bookings = book([posted("instalment", 100_000, "invoice:1")], SALES)
    with pytest.raises(Unexplained, match="revenue and tax of INV-7 do not come to what is owed"):
        require_explained([VOUCHER, Voucher(8, DAY, "EUR", "INV-7", "", None, bookings)])


@given(st.integers(0, 2**32))
def test_revenue_is_the_net_and_tax_the_tax_of_any_document(seed):
    raw = document(Random(seed))
    try:
        computed = compute(parse_document(raw))
    except BadInput:
        return
    rows = list_sold(write_down(raw, computed))
    sale = Sale([Tax(row.name, row.net, row.tax) for row in rows], computed.gross_total - computed.amount_due)
    for kind, sign in ("instalment", 1), ("credit", -1):
        named = Counter()
        for one in book([posted(kind, sign * computed.amount_due, "invoice:1")], {"invoice:1": sale}):
            named[one.key[0]] -= sign * one.amount
        if computed.amount_due and rows:
            assert (named["revenue"], named["tax"]) == (computed.net_total, computed.tax_total)
            assert named["prepaid"] == computed.rounding - computed.prepaid
        assert "unexplained" not in named


def write_down(raw, computed):
    """As a snapshot says it."""
    taxed = [{**said, **amounts} for said, amounts in zip(raw["lines"], computed.as_json()["lines"], strict=True)]
    entries = {
        name: [
            {**said, "amount": format_decimal(amount, computed.currency)}
            for said, amount in zip(raw.get(name, ()), getattr(computed, name), strict=True)
        ]
        for name in ("allowances", "charges")
    }
    return {**computed.as_json(), "lines": taxed, **entries}


def test_the_plain_file_has_a_row_per_booking_and_no_formula():
    lines = write_plain([VOUCHER], ACCOUNTS, {("revenue", ""): "9"}).decode().splitlines()
    assert lines[1:] == [
        "7,2026-10-05,'=INV-1,1400,,1.25,,USD,instalment C-1 Łódź",
        "7,2026-10-05,'=INV-1,8400,9,,1.00,USD,instalment C-1 Łódź",
        "7,2026-10-05,'=INV-1,1776,,,0.25,USD,instalment C-1 Łódź",
    ]


def test_the_extf_file_has_a_row_per_pair_in_its_own_encoding():
    at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    head, _heads, *rows = write_extf([VOUCHER], ACCOUNTS, {}, base="EUR", at=at).decode("cp1252").splitlines()
    assert head.startswith("EXTF;700;21;Buchungsstapel;13;20261122090000000;")
    assert (
        rows
        == [
            "1,00;S;USD;1,25;0,80;EUR;1400;8400;;0510;'=INV-1;;;instalment C-1 ?ódz",
            "0,25;S;USD;1,25;0,20;EUR;1400;1776;;0510;'=INV-1;;;instalment C-1 ?ódz",
        ]
        or "?" in rows[0]
    )
