"""Money: minor units, rounding, splitting."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.currencies import MINOR_DIGITS
from app.kernel.errors import BadInput
from app.kernel.money import (
    Money,
    apportion,
    format_decimal,
    is_currency,
    minor_digits,
    round_half_away,
    round_minor,
    settle_quotas,
    to_decimal,
    to_minor,
)


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("EUR", 2), ("JPY", 0), ("KRW", 0), ("ISK", 0), ("KWD", 3), ("BHD", 3), ("TND", 3), ("CLF", 4), ("UYW", 4)],
)
def test_each_currency_has_its_own_decimals(currency, digits):
    assert minor_digits(currency) == digits


@pytest.mark.parametrize("code", ["eur", "EURO", "XXX", "XAU", "ZZZ", "", "E R", None, 5, ["EUR"]])
def test_what_is_no_currency_is_refused(code):
    assert not is_currency(code)
    with pytest.raises(BadInput, match="not a currency"):
        minor_digits(code)


def test_every_code_is_three_capital_letters():
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in MINOR_DIGITS)
    assert len(MINOR_DIGITS) > 160


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("1035.00", "EUR", 103500), ("-0.01", "EUR", -1), ("12", "JPY", 12), ("12.00", "JPY", 12), ("1.234", "KWD", 1234)],
)
def test_major_units_become_minor_units_exactly(text, currency, minor):
    assert to_minor(Decimal(text), currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"), [("0.001", "EUR"), ("0.5", "JPY"), ("1.2345", "KWD"), ("NaN", "EUR"), ("Infinity", "EUR")]
)
def test_decimals_the_currency_has_not_are_refused(text, currency):
    with pytest.raises(BadInput):
        to_minor(Decimal(text), currency)


def test_an_absurd_exponent_is_refused_at_once():
    with pytest.raises(BadInput, match="too large"):
        to_minor(Decimal("1E+999999"), "EUR")


def test_more_digits_than_the_decimal_context_keeps_stay_exact():
    assert to_minor(Decimal("9999999999999999.99"), "EUR") == 999999999999999999


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.5", 1), ("-0.5", -1), ("1.5", 2), ("2.5", 3), ("-2.5", -3), ("2.4999", 2), ("-2.4999", -2), ("0", 0)],
)
def test_a_half_goes_away_from_zero(value, rounded):
    assert round_half_away(Decimal(value)) == rounded


def test_rounding_keeps_the_currency():
    assert round_minor(Decimal("1.005"), "EUR") == 101
    assert round_minor(Decimal("1.5"), "JPY") == 2
    assert round_minor(Fraction(-1, 2000), "KWD") == -1


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(103500, "EUR", "1035.00"), (-5, "EUR", "-0.05"), (0, "EUR", "0.00"), (7, "JPY", "7"), (-1, "KWD", "-0.001")],
)
def test_amounts_are_written_with_exactly_the_currencys_decimals(minor, currency, text):
    assert format_decimal(minor, currency) == text
    assert to_minor(to_decimal(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (5, [3, 3, 1], [2, 2, 1]),
        (1, [0, 0], [1, 0]),
        (0, [1, -1], [0, 0]),
        (10, [Decimal("0.5"), Decimal("1.5")], [3, 7]),
        (0, [], []),
    ],
)
def test_a_total_is_split_by_largest_remainder_from_the_front(total, weights, parts):
    assert apportion(total, weights) == parts


def test_something_cannot_be_split_among_nobody():
    with pytest.raises(ValueError, match="nothing to split"):
        apportion(1, [])


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_parts_add_up_and_stay_next_to_their_quota(total, weights):
    parts = apportion(total, weights)
    assert sum(parts) == total
    if sum(weights):
        assert all(abs(part - Fraction(total * w, sum(weights))) < 1 for part, w in zip(parts, weights, strict=True))


@given(st.lists(st.fractions(-1000, 1000, max_denominator=1000), min_size=1, max_size=12))
def test_quotas_of_both_signs_settle_next_to_themselves_and_mirror(quotas):
    total = round_half_away(sum(quotas))
    parts = settle_quotas(total, quotas)
    assert sum(parts) == total
    assert all(abs(part - quota) < 1 for part, quota in zip(parts, quotas, strict=True))
    assert settle_quotas(-total, [-quota for quota in quotas]) == [-part for part in parts] or total == 0


def test_money_adds_and_compares_within_one_currency_only():
    assert Money(100, "EUR") + Money(50, "EUR") - Money(1, "EUR") == Money(149, "EUR")
    assert -Money(5, "JPY") < Money(0, "JPY") <= Money(0, "JPY")
    assert str(Money(103500, "EUR")) == "1035.00 EUR"
    assert not Money(0, "EUR")
    with pytest.raises(ValueError, match="EUR and USD"):
        Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(ValueError, match="EUR and USD"):
        assert Money(1, "EUR") < Money(1, "USD")


@pytest.mark.parametrize("amount", [1.5, "1", True, Decimal(1)])
def test_money_is_a_whole_number(amount):
    with pytest.raises(TypeError):
        Money(amount, "EUR")
