"""Payment terms: dates and shares."""

from datetime import date
from decimal import Decimal

import pytest

from app.kernel.errors import BadInput
from app.kernel.payment_terms import (
    IMMEDIATELY,
    DueRule,
    EarlyDiscount,
    InstalmentTerm,
    PaymentTerms,
    add_months,
    parse_share,
)


@pytest.mark.parametrize(
    ("start", "rule", "due"),
    [
        ("2026-11-22", DueRule(), "2026-11-22"),
        ("2026-11-22", DueRule(days=15), "2026-12-07"),
        ("2026-11-22", DueRule(days=30, end_of_month=True), "2026-12-31"),
        ("2026-11-22", DueRule(days=30, end_of_month=True, day_of_month=10), "2027-01-10"),
        ("2026-11-22", DueRule(end_of_month=True, day_of_month=10), "2026-12-10"),
        ("2026-01-31", DueRule(months=1), "2026-02-28"),
        ("2024-01-31", DueRule(months=1), "2024-02-29"),
        ("2026-01-31", DueRule(months=1, days=1), "2026-03-01"),  # months first, then days
        ("2026-10-31", DueRule(months=13), "2027-11-30"),
        ("2026-01-15", DueRule(end_of_month=True, day_of_month=31), "2026-02-28"),  # clamped
        ("2026-02-28", DueRule(end_of_month=True), "2026-02-28"),
        ("2026-11-10", DueRule(day_of_month=10), "2026-11-10"),  # on the date
        ("2026-11-11", DueRule(day_of_month=10), "2026-12-10"),  # after it
        ("2026-11-09", DueRule(day_of_month=10), "2026-11-10"),
        ("2026-02-10", DueRule(day_of_month=31), "2026-02-28"),
        ("2026-12-31", DueRule(day_of_month=1), "2027-01-01"),
        ("2026-12-05", DueRule(end_of_month=True, day_of_month=5), "2027-01-05"),
    ],
)
def test_a_due_date_is_months_then_days_then_end_of_month_then_a_day(start, rule, due):
    assert rule.due_on(date.fromisoformat(start)) == date.fromisoformat(due)


@pytest.mark.parametrize("rule", [DueRule(days=3660), DueRule(months=12), DueRule(end_of_month=True, day_of_month=1)])
def test_a_date_beyond_the_calendar_is_refused(rule):
    with pytest.raises(BadInput, match="beyond the calendar"):
        rule.due_on(date(9999, 12, 30))


def test_months_keep_the_day_or_take_the_last():
    assert add_months(date(2026, 12, 31), 2) == date(2027, 2, 28)
    assert add_months(date(2026, 5, 15), 0) == date(2026, 5, 15)


def terms(*shares: str) -> PaymentTerms:
    return PaymentTerms(
        tuple(InstalmentTerm(parse_share(share), DueRule(days=10 * i)) for i, share in enumerate(shares))
    )


@pytest.mark.parametrize(
    "shares",
    [
        ["100%"],
        ["30%", "70%"],
        ["33.33%", "66.67%"],
        ["remainder"],
        ["30%", "remainder"],
        ["60%", "60%", "remainder"],
        ["net", "tax"],
        ["fixed 5.00"],
        ["fixed 5.00", "30% of remainder", "remainder"],
        [],
    ],
)
def test_complete_shares_are_terms(shares):
    assert len(terms(*shares).instalments) == len(shares)


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (["30%"], "30%"),
        (["30%", "69.99%"], "99.99%"),
        (["60%", "60%"], "120%"),
        (["fixed 5.00", "50%"], "50%"),
        (["50% of remainder"], "50%"),
        (["remainder", "30%"], "Only the last"),
        (["remainder", "remainder"], "Only the last"),
    ],
)
def test_incomplete_shares_are_refused_with_their_sum(shares, said):
    with pytest.raises(BadInput, match=said):
        terms(*shares)


@pytest.mark.parametrize(
    "text", ["30", "% 30", "-5%", "30% of total", "fixed", "fixed abc", "rest", "", None, 30, "1e1%"]
)
def test_a_share_that_is_not_understood_is_refused(text):
    with pytest.raises(BadInput, match="not understood"):
        parse_share(text, "share")


def test_terms_know_their_dates():
    issued = date(2026, 11, 22)
    both = PaymentTerms(terms("50%", "50%").instalments, EarlyDiscount(days=5, percent=Decimal(2)))
    assert both.due_dates(issued) == [date(2026, 11, 22), date(2026, 12, 2)]
    assert both.last_due_on(issued) == date(2026, 12, 2)
    assert both.discount_until(issued) == date(2026, 11, 27)
    assert IMMEDIATELY.discount_until(issued) is None
    assert PaymentTerms().last_due_on(issued) == issued
