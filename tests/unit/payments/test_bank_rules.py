"""Whose account a statement is of, and which words make two bookings one."""

from __future__ import annotations

from datetime import date

import pytest

from app.payments.rules_bank import OurAccount, digest_of, find_ours, list_problems
from app.payments.rules_gaps import Span, find_gap
from app.payments.statements.model import Balance, Detail, Fault
from tests.bank_files import entry, statement

IBAN = "DE89370400440532013000"


@pytest.mark.parametrize(
    ("written", "number", "is_ours"),
    [
        (IBAN, IBAN, True),
        ("de89 3704 0044 0532 0130 00", IBAN, True),
        (f"{IBAN}EUR", IBAN, True),
        ("COBADEFFXXX/" + IBAN, IBAN, True),
        ("37040044/532013000", IBAN, True),
        ("37040044/0532013000", IBAN, True),
        ("370400440532013000", IBAN, True),
        ("532013000", IBAN, False),
        ("37040045/532013000", IBAN, False),
        ("DE02120300000000202051", IBAN, False),
        ("", IBAN, False),
        ("4711", "4711", True),
        ("4711", "0815", False),
    ],
)
def test_an_account_is_ours_however_its_bank_writes_it(written, number, is_ours):
    assert (find_ours(written, [OurAccount(number, "Main")]) is not None) == is_ours


def test_an_account_is_known_by_another_way_to_write_it_too():
    assert find_ours("123-45", [OurAccount(IBAN, "Main", also_as=("12345",))]).number == IBAN


def test_the_digest_is_of_the_words_and_not_of_their_order():
    def said(**facts):
        return digest_of(entry(1, details=(Detail(amount=1, **facts),)))

    assert said(remittance="INV 7, paid", party_name="A") == said(remittance="A", party_name="paid INV/7")
    assert said(remittance="INV 7") != said(remittance="INV 8")


TODAY = date(2026, 11, 23)
OURS = OurAccount(IBAN, "Main", "EUR")
DOLLARS = [entry(100, currency="EUR"), entry(200, currency="EUR")]
# what is said of a statement of our account, in full
HELD = {
    "an entry in another currency": (
        statement(DOLLARS, currency="USD"),
        ["The statement is in USD", "An entry in EUR stands in a statement in USD."],
    ),
    "another currency, and wrong totals": (
        statement([entry(100, currency="USD")], controls_agree=False),
        ["An entry in USD stands in a statement in EUR.", "Its control totals are not"],
    ),
    "another sum": (
        statement([entry(100)], closing=Balance(200, "EUR", None)),
        ["It does not add up: opening 0.00 and entries 1.00 make 1.00, but the file says 2.00."],
    ),
    "ten years on": (
        statement([entry(100, on=date(2036, 11, 23))]),
        ["An entry is booked on 2036-11-23, and today is 2026-11-23. Try again when that day has come."],
    ),
    "a century ago": (
        statement([entry(100), entry(100, on=date(1926, 11, 18))]),
        ["An entry is booked on 1926-11-18, ten years before others. Check its date at your bank."],
    ),
    "all of them old": (statement([entry(100, on=date(2009, 11, 23)), entry(100, on=date(2009, 11, 24))]), []),
    "after a long weekend": (statement([entry(100, on=date(2026, 11, 28))]), []),
    "no closing, where one is demanded": (
        statement([entry(100)], opening=None, fault=Fault("The statement has no closing balance.", 3)),
        ["The statement has no closing balance."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", HELD)
def test_a_statement_is_held_back_for_what_is_true_of_it_and_nothing_else(what):
    said, wanted = HELD[what]
    reasons = [one.reason for one in list_problems([said], [OURS], today=TODAY)]
    assert len(reasons) == len(wanted)
    assert all(reason.startswith(one) for reason, one in zip(reasons, wanted, strict=True)), reasons


def test_one_account_of_many_statements_is_told_once_with_their_count():
    many = [statement([], account=account, line=line) for account, line in (("X1", 5), ("", 9), ("X1", 12))]
    reasons = [(one.line, one.reason) for one in list_problems(many, [None] * 3, today=TODAY)]
    hint = "is none of ours. Add it under Settings, Bank accounts, and try again."
    assert reasons == [
        (5, f"Account X1 {hint} (2 statements)"),
        (9, "The file names no account. Ask your bank for one that says whose statement it is."),
    ]


SPANS = [Span(date(2026, 11, 18), date(2026, 11, 19), 0, 100), Span(date(2026, 11, 20), date(2026, 11, 20), 100, 90)]


@pytest.mark.parametrize(
    ("since", "until", "opening", "wanted"),
    [
        (21, 22, 90, None),
        (21, 22, 95, 90),
        (20, 21, 95, 90),  # of the same day, and begins with something else
        (20, 20, 100, None),  # the same day once more, in another format
        (17, 17, 5, None),  # nothing before it
    ],
)
def test_a_statement_that_does_not_go_on_where_the_last_one_ended_is_told(since, until, opening, wanted):
    own = Span(date(2026, 11, since), date(2026, 11, until), opening, 0)
    gap = find_gap(own, SPANS)
    assert (gap and gap.closing) == wanted


def test_a_statement_without_an_opening_is_the_one_before_all_the_same():
    before = Span(date(2026, 11, 20), date(2026, 11, 20), None, 90)
    own = [Span(date(2026, 11, 21), date(2026, 11, 22), opening, 0) for opening in (90, 95)]
    assert [find_gap(one, [SPANS[0], before]) for one in own] == [None, before]


def test_a_statement_that_overlaps_another_has_no_gap_before_it():
    october, half = (Span(date(2026, m, 1), date(2026, m, 20), 0, 100) for m in (10, 11))
    later = Span(date(2026, 11, 10), date(2026, 11, 30), 70, 0)
    assert (find_gap(later, [october, half]), find_gap(later, [october])) == (None, october)


def test_pages_of_a_statement_are_compared_with_what_is_before_them():
    day = date(2026, 11, 20)
    before = Span(date(2026, 11, 18), date(2026, 11, 18), 0, 100, (1, 1))
    first, second = Span(day, day, 1, 11, (2, 1)), Span(day, day, 11, 21, (2, 2))
    torn = Span(day, day, 12, 1, (2, 2))  # ends with what the first begins with
    assert find_gap(first, [before, second]) is before
    assert find_gap(first, [second]) is None
    assert find_gap(second, [before, first]) is None
    assert (find_gap(first, [before, torn]), find_gap(torn, [before, first])) == (before, first)
    assert find_gap(Span(day, day, 100, 11, (2, 1)), [before, second]) is None


def test_only_the_latest_closing_counts_and_the_same_one_of_long_ago_does_not():
    days = [Span(date(2026, 11, day), date(2026, 11, day), 0, closing, (day, 1)) for day, closing in ((1, 70), (2, 90))]
    own = Span(date(2026, 11, 3), date(2026, 11, 3), 70, 0, (9, 1))
    assert find_gap(own, days) is days[1]


def test_what_came_in_the_wrong_order_on_one_day_is_no_gap():
    day = date(2026, 11, 20)
    second, first = Span(day, day, 50, 60, (1, 1)), Span(day, day, 40, 50, (2, 1))
    assert (find_gap(first, [second]), find_gap(second, [first])) == (None, None)
