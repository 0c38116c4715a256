"""Periods of recurring plans: anchored to the first day, never drifting; prices indexed on the anniversary."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from app.invoices import rules_recurring as rules
from app.invoices.rules_recurring import Rhythm, Unit, check_rhythm, list_periods, period_of, periods, price_in


def rhythm(starts_on, every=1, unit=Unit.MONTH, **said):
    return Rhythm(every=every, unit=unit, starts_on=date.fromisoformat(starts_on), **said)


def firsts(plan, number):
    return [period_of(plan, k).first.isoformat() for k in range(1, number + 1)]


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (rhythm("2027-12-31"), ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31"]),
        (rhythm("2026-12-31"), ["2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31"]),
        (rhythm("2028-01-30"), ["2028-01-30", "2028-02-29", "2028-03-30"]),
        (rhythm("2027-11-29", 3), ["2027-11-29", "2028-02-29", "2028-05-29"]),
        (rhythm("2028-02-29", 1, Unit.YEAR), ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        (rhythm("2028-02-22", 1, Unit.WEEK), ["2028-02-22", "2028-02-29", "2028-03-07"]),
        (rhythm("2028-02-28", 1, Unit.DAY), ["2028-02-28", "2028-02-29", "2028-03-01"]),
    ],
)
def test_periods_begin_on_the_anchor_day_or_the_last_of_a_shorter_month(plan, expected):
    assert firsts(plan, len(expected)) == expected


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("start", ["2027-12-31", "2028-02-29", "2026-08-30"])
def test_each_period_ends_the_day_before_the_next_begins(unit, start):
    known = list(list_periods(rhythm(start, unit=unit, most=40)))
    assert len(known) == 40
    for before, after in pairwise(known):
        assert (after.first - before.last).days == 1
        assert before.first <= before.last


def test_what_is_billed_by_a_day_depends_on_when_in_the_period_it_is_billed():
    day = date(2027, 3, 31)
    ahead, behind = rhythm("2027-01-01"), rhythm("2027-01-01", is_in_advance=False)
    assert [one.number for one in periods(ahead, day)] == [1, 2, 3]
    assert [one.number for one in periods(behind, day, after=2)] == [3]
    assert periods(rhythm("2027-01-01", ends_on=date(2027, 2, 28)), day)[-1].last == date(2027, 2, 28)
    assert len(list(list_periods(rhythm("2027-01-01", most=7)))) == 7


@pytest.mark.parametrize(
    ("price", "percent", "day", "currency", "expected"),
    [
        ("100", "3", "2027-12-31", "EUR", "100"),
        ("100", "3", "2028-01-01", "EUR", "103"),
        ("99.99", "2.5", "2029-01-01", "EUR", "105.05"),  # 105.0519... counted from the agreed price
        ("0.0125", "10", "2028-06-01", "EUR", "0.0138"),  # 0.01375, half up, to the four decimals it has
        ("1000", "-1.5", "2029-01-01", "JPY", "970"),  # 970.225
    ],
)
def test_prices_follow_the_index_once_a_full_year(price, percent, day, currency, expected):
    plan = rhythm("2027-01-01", 1, Unit.DAY, index_percent=Decimal(percent))
    days = (date.fromisoformat(day) - plan.starts_on).days
    assert price_in(Decimal(price), plan, period_of(plan, days + 1), currency) == Decimal(expected)


@pytest.mark.parametrize(
    ("plan", "refusal", "field"),
    [
        (rhythm("2027-01-01", 0), rules.IntervalWrong, "every"),
        (rhythm("1999-12-31"), rules.StartWrong, "starts_on"),
        (rhythm("2027-01-01", most=0), rules.IntervalWrong, "most_periods"),
        (rhythm("2027-01-01", most=3, ends_on=date(2027, 3, 31)), rules.TwoEnds, "ends_on"),
        (rhythm("2027-01-01", ends_on=date(2027, 1, 30)), rules.EndBeforeStart, "ends_on"),
        (rhythm("2027-01-01", ends_on=date(2027, 3, 15)), rules.EndInside, "ends_on"),
        (rhythm("2027-01-01", ends_on=date(9999, 12, 31)), rules.EndTooLate, "ends_on"),
        (rhythm("2027-01-01", index_percent=Decimal(101)), rules.IndexWrong, "index_percent"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(plan, refusal, field):
    with pytest.raises(refusal) as met:
        check_rhythm(plan)
    assert met.value.field == field


def test_a_price_beyond_all_measure_is_refused():
    plan = rhythm("2000-01-01", 1, Unit.YEAR, index_percent=Decimal(100))
    with pytest.raises(rules.PriceTooHigh):
        price_in(Decimal(1000), plan, period_of(plan, 100), "EUR")
