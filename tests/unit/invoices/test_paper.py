"""How amounts, dates, taxes and addresses are written on paper."""

import pytest

from app.invoices.paper import address_lines
from app.invoices.paper_writer import Writer
from app.invoices.texts import ENGLISH, GERMAN, texts_for, written_language


@pytest.mark.parametrize(
    ("language", "currency", "amount", "text"),
    [
        ("en", "EUR", "1035.00", "1,035.00 EUR"),
        ("de", "EUR", "1035.00", "1.035,00 EUR"),
        ("en", "JPY", "1035", "1,035 JPY"),
        ("de", "KWD", "1035.5", "1.035,500 KWD"),
        ("en", "EUR", "-0.05", "-0.05 EUR"),
        ("xx", "EUR", "1000000.00", "1,000,000.00 EUR"),
    ],
)
def test_amounts_have_their_currencys_decimals_and_code(language, currency, amount, text):
    assert Writer(language, currency).money(amount) == text


@pytest.mark.parametrize(
    ("price", "currency", "text"),
    [("12.5", "EUR", "12.50"), ("0.0125", "EUR", "0.0125"), ("1200", "JPY", "1,200"), ("0.5", "JPY", "0.5")],
)
def test_unit_prices_keep_what_they_have(price, currency, text):
    assert Writer("en", currency).price(price) == text


@pytest.mark.parametrize(
    ("tax", "english", "german"),
    [
        ({"name": "VAT 19", "rate": "19"}, "VAT 19 %", "USt 19 %"),
        ({"name": "VAT", "rate": "5.5"}, "VAT 5.5 %", "USt 5,5 %"),
        ({"name": "VAT 21 %", "rate": "21"}, "VAT 21 %", "USt 21 %"),
        ({"name": "GST", "rate": "0"}, "GST 0 %", "GST 0 %"),
        ({"name": "Bottle deposit", "rate": None}, "Bottle deposit", "Bottle deposit"),
    ],
)
def test_a_tax_is_named_with_its_rate_once(tax, english, german):
    assert Writer("en", "EUR").tax(tax).replace("\u00a0", " ") == english
    assert Writer("de", "EUR").tax(tax).replace("\u00a0", " ") == german


ADDRESS = {
    "name": "", "street": "1 High Street", "street2": "", "postal_code": "P1", "city": "City", "region": "",
    "country": "DE",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, ["Acme", "1 High Street", "P1 City"]),
        ({"country": "PL"}, ["Acme", "1 High Street", "P1 City", "Poland"]),
        ({"country": "GB"}, ["Acme", "1 High Street", "City", "P1", "United Kingdom"]),
        ({"country": "US", "region": "NY"}, ["Acme", "1 High Street", "City, NY P1", "United States"]),
        ({"name": "Accounts", "street": "", "postal_code": ""}, ["Acme", "Accounts", "City"]),
        ({"name": "Acme"}, ["Acme", "1 High Street", "P1 City"]),
    ],
)
def test_addresses_follow_their_country(changes, lines):
    assert list(address_lines("Acme", ADDRESS | changes, Writer("en", "EUR"), "DE")) == lines


def test_a_language_we_do_not_write_becomes_english():
    assert written_language("xx") == "en"
    assert texts_for("de") is GERMAN
    assert texts_for("xx") is ENGLISH
