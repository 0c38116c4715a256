"""The measures of the daily report against figures worked out by hand."""

from __future__ import annotations

import pytest

from app.reports.rules import Position, add, bpdso, cei, change_text, dso, list_changes, past_due_percent, ratio_text

USUAL = Position(open_total=300_00, not_due=120_00, open_at_month_start=250_00, sales_90=900_00, sales_mtd=200_00)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (dso, "30.0"),  # 300 / 900 x 90
        (bpdso, "12.0"),
        (add, "18.0"),
        (cei, "45.5"),  # (250 + 200 - 300) / (250 + 200 - 120) x 100 = 45.45...
    ],
)
def test_each_measure_follows_its_formula(measure, expected):
    assert measure(USUAL) == expected


@pytest.mark.parametrize("measure", [dso, bpdso, add])
def test_without_credit_sales_a_days_measure_says_nothing_rather_than_zero(measure):
    assert measure(Position(100, 0, 0, 0, 0)) is None


def test_cei_says_nothing_when_there_was_nothing_to_collect():
    assert cei(Position(0, 0, 0, 0, 0)) is None


def test_add_is_the_exact_difference_not_that_of_rounded_figures():
    position = Position(open_total=100, not_due=50, open_at_month_start=0, sales_90=70_000, sales_mtd=0)
    assert (dso(position), bpdso(position), add(position)) == ("0.1", "0.1", "0.1")


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [
        (1, 3, "0.3"),
        (5, 100, "0.1"),
        (-5, 100, "-0.1"),
        (-1, 100, "0.0"),
        (0, 7, "0.0"),
        (25, 100, "0.3"),
        (1, 0, None),
    ],
)
def test_ratios_have_one_decimal_rounded_half_away_from_zero(numerator, denominator, text):
    assert ratio_text(numerator, denominator) == text


def test_past_due_is_a_share_of_what_is_open():
    assert past_due_percent(300_00, 120_00) == "60.0"
    assert past_due_percent(0, 0) is None


def test_a_change_carries_its_sign():
    assert (change_text(112, 100), change_text(88, 100), change_text(1, 0)) == ("+12.0", "-12.0", None)


def test_changes_name_the_figure_by_its_path_and_both_values():
    stored = {"money": {"EUR": {"dso": "30.0", "cei": None}}, "deals": {"received": 1}}
    current = {"money": {"EUR": {"dso": "31.0", "cei": None}}, "deals": {"received": 1}}
    assert list_changes(stored, current) == [{"figure": "money.EUR.dso", "was": "30.0", "now": "31.0"}]


def test_a_currency_that_is_new_since_is_a_change_too():
    assert list_changes({}, {"JPY": {"dso": "1.0"}}) == [{"figure": "JPY.dso", "was": None, "now": "1.0"}]
