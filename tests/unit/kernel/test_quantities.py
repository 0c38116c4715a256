"""Exact decimals: what is read, what is refused, how it is written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import BadInput
from app.kernel.quantities import canonical, parse_decimal


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("4", "4"),
        ("-12.50", "-12.50"),
        ("+3", "3"),
        (" 7 ", "7"),
        (".5", "0.5"),
        ("007", "7"),
        (12, "12"),
        (Decimal("1.25"), "1.25"),
        ("0.000000000000000001", "0.000000000000000001"),
        (Decimal("1E+2"), "100"),
    ],
)
def test_plain_numbers_are_read_exactly(value, number):
    assert parse_decimal(value) == Decimal(number)


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "Infinity",
        "-inf",
        "1e5",
        "1E400000",
        "1_000",
        "1,5",
        "1.000,00",
        "",
        " ",
        "-",
        ".",
        "5.",
        "0x10",
        "٣",
        "１",
        "1 000",
        "--1",
        "12abc",
        None,
        True,
        1.5,
        [],
        {},
        b"1",
        Decimal("NaN"),
        Decimal("1E+999999"),
        "9" * 101,
    ],
)
def test_everything_else_is_refused_with_its_field(value):
    with pytest.raises(BadInput) as refusal:
        parse_decimal(value, "lines[0].quantity")
    assert refusal.value.field == "lines[0].quantity"
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("value", ["1" * 19, "0." + "1" * 19, 10**18, 10**400])
def test_absurdly_long_numbers_are_refused(value):
    with pytest.raises(BadInput):
        parse_decimal(value)


def test_zeros_around_a_number_do_not_count_as_length():
    assert parse_decimal("0" * 30 + "1.5" + "0" * 30) == Decimal("1.5")


@pytest.mark.parametrize(
    ("number", "text"),
    [("21", "21"), ("21.00", "21"), ("5.50", "5.5"), ("0", "0"), ("0.00", "0"), ("-0", "0"), ("1E+2", "100")],
)
def test_a_number_has_one_canonical_text(number, text):
    assert canonical(Decimal(number)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=6))
def test_the_canonical_text_reads_back_as_the_same_number(number):
    assert parse_decimal(canonical(number)) == number
