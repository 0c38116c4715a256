"""Forms take exact values, strip texts, and show refusals where they belong."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import FieldList, FormField, PasswordField, StringField, TextAreaField
from wtforms.validators import InputRequired

from app.kernel.errors import BadInput
from app.web.forms import DateField, DecimalField, MoneyField, PartForm
from app.web.typed_numbers import parse_decimal


class LineForm(PartForm):
    quantity = DecimalField(places=3, smallest=Decimal(0), validators=[InputRequired()])


class OrderForm(PartForm):
    name = StringField()
    note = TextAreaField()
    secret = PasswordField()
    on = DateField()
    currency = StringField()
    total = MoneyField()
    fee = MoneyField(currency="EUR", smallest=Decimal(0))
    lines = FieldList(FormField(LineForm))


def fill(**values):
    return OrderForm(MultiDict({name.replace("__", "-"): value for name, value in values.items()}))


def test_texts_are_stripped_and_composed_but_passwords_are_not():
    form = fill(name="  Zoe\u0308 ", note=" a\r\nb ", secret=" s ")
    assert form.validate()
    assert (form.name.data, form.note.data, form.secret.data) == ("Zoë", "a\r\nb", " s ")


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\x00b", "a\x1bb", "a\ud800b", "a\x7fb"])
def test_control_characters_are_refused_in_a_line_of_text(text):
    form = fill(name=text)
    assert not form.validate()
    assert "cannot be printed" in form.name.errors[0]


def test_line_breaks_belong_into_notes_only():
    assert fill(note="a\nb\tc").validate()
    assert not fill(note="a\x08b").validate()


DECIMALS = [
    ("1234.5", "1234.5"), (" 1,234.5 ", "1234.5"), ("1 234", "1234"), ("-0.001", "-0.001"), ("+7", "7"), (".5", "0.5"),
    ("1,234,567.891", "1234567.891"), ("0", "0"), ("1\u00a0000", "1000"), ("12,5", "12.5"), ("1.234,50", "1234.5"),
    ("-1,2345", "-1.2345"), (",5", "0.5"), ("0,125", "0.125"), ("1234,567", "1234.567"), ("1.234", "1.234"),
    ("1.234.567", "1234567"), ("1\u202f234,50", "1234.5"), ("1'234.50", "1234.5"), ("1 234,567", "1234.567"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "number"), DECIMALS)
def test_a_plain_number_is_read_exactly(text, number):
    assert parse_decimal(text.strip()) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    ["1,234", "12 34", "1.2,345", "1.5,000", "1,,000", "1e5", "NaN", "Infinity", "0x10", "", "-", "--1", "1.2.3",
     "٣", "１２", "1" * 31, "=1+1", "1_000"],
)  # fmt: skip
def test_what_is_not_plainly_a_number_is_refused(text):
    with pytest.raises(ValueError, match="Write"):
        parse_decimal(text)


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [
        ("EUR", "1035.00", 103500),
        ("EUR", "12.3", 1230),
        ("JPY", "500", 500),
        ("KWD", "1.234", 1234),
        ("EUR", "-5", -500),
    ],
)
def test_money_becomes_minor_units_of_the_forms_currency(currency, text, minor):
    form = fill(currency=currency, total=text)
    assert form.validate()
    assert form.total.data == minor


@pytest.mark.parametrize(
    ("currency", "text", "reason"),
    [
        ("EUR", "0.005", "decimals"),
        ("EUR", "1.0005", "decimals"),
        ("JPY", "1.5", "decimals"),
        ("XXX", "1", "Choose the currency"),
        ("", "1", "Choose the currency"),
        ("EUR", "9" * 25, "too large"),
        ("EUR", "one", "Write a number"),
    ],
)
def test_money_that_cannot_be_is_refused(currency, text, reason):
    form = fill(currency=currency, total=text)
    assert not form.validate()
    assert reason in " ".join(form.total.errors)


@pytest.mark.parametrize(
    ("currency", "text", "readings"),
    [
        ("EUR", "10,005", "10005"),
        ("EUR", "10,050", "10050 or 10.05"),
        ("EUR", "10.000", "10000 or 10"),
        ("EUR", "+1.005", "+1005"),
        ("JPY", "1.500", "1500"),
        ("KWD", "10,005", "10005 or 10.005"),
        ("JPY", "10,000", "10000 or 10"),
        ("", "10,005", "10005 or 10.005"),
    ],
)
def test_only_readings_that_the_currency_accepts_are_advised(currency, text, readings):
    form = fill(currency=currency, total=text)
    assert not form.validate()
    assert (form.total.errors, form.total.data) == ([f"{text} can be read in two ways. Write {readings}."], None)
    for reading in readings.split(" or ") if currency else ():
        assert fill(currency=currency, total=reading).validate()


@pytest.mark.parametrize(
    ("currency", "text", "minor"), [("KWD", "10.000", 10000), ("EUR", "0.500", 50), ("EUR", "1.0000", 100)]
)
def test_a_point_before_three_digits_is_read_where_it_can_only_stand_before_decimals(currency, text, minor):
    form = fill(currency=currency, total=text)
    assert (form.validate(), form.total.data) == (True, minor)


@pytest.mark.parametrize(
    ("text", "places", "readings"),
    [("1.500", 6, "1500 or 1.5"), ("1,500", 6, "1500 or 1.5"), ("250.000", 4, "250000 or 250")],
)
def test_a_quantity_whose_last_decimal_says_nothing_may_be_a_thousand(text, places, readings):
    with pytest.raises(ValueError, match=re.escape(f"Write {readings}.")):
        parse_decimal(text, places)


@pytest.mark.parametrize("text", ["0.125", "1.125", "0.500", "1.0830", "1000.500"])
def test_a_price_or_quantity_of_three_decimals_is_read(text):
    assert parse_decimal(text, 6) == Decimal(text)


def test_money_and_numbers_may_have_a_smallest_value():
    assert not fill(fee="-0.01").validate()
    assert fill(fee="0").validate()
    assert not fill(lines__0__quantity="-1").validate()


def test_what_was_typed_is_shown_again():
    form = fill(fee="12,5x")
    form.validate()
    assert 'value="12,5x"' in form.fee()


def test_a_stored_amount_is_shown_in_major_units():
    assert 'value="1035.00"' in OrderForm(data={"fee": 103500}).fee()


@pytest.mark.parametrize(
    "text", ["2026-11-31", "22.11.2026", "20261122", "2026-W47-7", "tomorrow", "0000-01-01", "1899-12-31", "9999-12-31"]
)
def test_a_date_that_is_none_is_refused(text):
    form = fill(on=text)
    assert not form.validate()
    assert "like 2026-11-22" in form.on.errors[0]


def test_a_date_is_read():
    form = fill(on=" 2026-11-22 ")
    assert form.validate()
    assert form.on.data == date(2026, 11, 22)


def lines_form(*quantities):
    return OrderForm(MultiDict({f"lines-{place}-quantity": text for place, text in enumerate(quantities)}))


def test_lines_are_checked_one_by_one():
    form = lines_form("1", "0", "  ", "1.2345", "-1")
    assert not form.validate()
    reasons = [" ".join(line.quantity.errors) for line in form.lines]
    assert [bool(reason) for reason in reasons] == [False, False, True, True, True]


def test_a_refusal_of_a_service_stands_at_its_field():
    form = lines_form("1", "2")
    form.validate()
    form.refuse(BadInput("Too much.", field="lines[1].quantity"))
    form.refuse(BadInput("Taken.", field="name"))
    assert list(form.lines[1].quantity.errors) == ["Too much."]
    assert list(form.name.errors) == ["Taken."]
    assert form.form_errors == []


@pytest.mark.parametrize(
    "path", [None, "", "elsewhere", "lines", "lines[9].quantity", "lines[0]", "name.x", "lines[0].x"]
)
def test_a_refusal_without_a_field_stands_at_the_top(path):
    form = lines_form("1")
    form.validate()
    form.refuse(BadInput("No.", field=path))
    assert form.form_errors == ["No."]
