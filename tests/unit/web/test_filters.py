"""Values look the same on every page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from app.kernel.money import Money
from app.web import filters


@pytest.fixture
def page():
    """A page of a company in Tokyo, at 2026-11-22 20:00 UTC, which is the 23rd there."""
    app = Flask("page")
    filters.install(app, default_zone="Asia/Tokyo")
    with app.test_request_context() as context:
        from flask import g

        g.now = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
        yield context


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (103500, "EUR", "1,035.00 EUR"), (-5, "EUR", "-0.05 EUR"), (1234567, "JPY", "1,234,567 JPY"),
        (1234, "KWD", "1.234 KWD"), (0, "CLF", "0.0000 CLF"), (10**18, "EUR", "10,000,000,000,000,000.00 EUR"),
    ],
)  # fmt: skip
def test_money_has_exactly_the_currencys_decimals_and_its_code(minor, currency, text):
    assert filters.money(minor, currency) == text.replace(" ", "\u00a0")
    assert filters.money(Money(minor, currency)) == text.replace(" ", "\u00a0")


def test_money_without_a_currency_is_a_mistake():
    with pytest.raises(ValueError, match="needs its currency"):
        filters.money(5)


@pytest.mark.parametrize(
    ("value", "text"),
    [(Decimal("1234.5"), "1,234.5"), (Decimal("0.000001"), "0.000001"), (Decimal("1E+3"), "1,000"), (7, "7"),
     (Decimal("1.10"), "1.1")],
)  # fmt: skip
def test_a_quantity_has_the_decimals_it_has(value, text):
    assert filters.quantity(value) == text


def test_percents_keep_their_decimals():
    assert filters.percent(Decimal("7.50")) == "7.5\u00a0%"
    assert filters.percent("21") == "21\u00a0%"


def test_a_day_is_short():
    assert filters.day(date(2026, 11, 2)) == "2 Nov 2026"


def test_an_instant_is_shown_in_the_companys_zone(page):
    assert filters.moment(datetime(2026, 11, 22, 20, 5, tzinfo=UTC)) == "23 Nov 2026, 05:05"
    assert filters.day(datetime(2026, 11, 22, 20, 5, tzinfo=UTC)) == "23 Nov 2026"


def test_today_is_the_companys_today(page):
    assert filters.request_today() == date(2026, 11, 23)


def test_an_age_counts_days(page):
    assert filters.age(97) == "97\u00a0d"
    assert filters.age(timedelta(days=3, hours=23)) == "3\u00a0d"
    assert filters.age(date(2026, 11, 1)) == "22\u00a0d"
    assert filters.age(date(2026, 11, 1), date(2026, 11, 5)) == "4\u00a0d"
    assert filters.age(datetime(2026, 11, 20, 19, 0, tzinfo=UTC)) == "2\u00a0d"


@pytest.mark.parametrize("name", ["money", "quantity", "percent", "day", "moment", "age"])
def test_nothing_is_a_dash(name):
    assert getattr(filters, name)(None) == "–"
