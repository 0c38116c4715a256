"""Rates: which counts on a day, imports that are whole or nothing, and corrections that leave a trace."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.audit.queries import list_entries_of
from app.company import services_rates
from app.company.queries_rates import find_rate
from app.company.rules_rates_file import read_rates
from app.company.services_rates import DayToCome, FileHasFaults, RateForOurselves
from app.db.unit_of_work import unit_of_work
from tests import factories
from tests.factories import ACTOR, NOW

DAY = date(2026, 11, 20)
ALL = date(2026, 1, 1)


def _import(content, since=ALL):
    with unit_of_work():
        return services_rates.import_rates(read_rates(content), since=since, actor=ACTOR, now=NOW)


def _set(currency="USD", day=DAY, rate="1.1"):
    with unit_of_work():
        return services_rates.set_rate(currency, day, rate, actor=ACTOR, now=NOW)


def test_the_newest_rate_within_a_week_counts_and_one_by_hand_goes_before(app):
    factories.make_company()
    result = _import(b"Date,USD\n2026-11-20,1.0834\n2026-11-18,1.08\n2025-12-31,1.04\n")
    assert (result.added, result.older) == (2, 1)
    found = {day: find_rate("USD", "EUR", DAY + timedelta(days=day)) for day in (-3, -1, 0, 7, 8)}
    assert {day: str(rate.rate) if rate else None for day, rate in found.items()} == {
        -3: None, -1: "1.08", 0: "1.0834", 7: "1.0834", 8: None,
    }  # fmt: skip
    _set(rate="1.1")
    assert find_rate("USD", "EUR", DAY).source == "hand"
    assert find_rate("USD", "EUR", DAY - timedelta(days=1)).source == "ecb"


def test_a_company_in_another_currency_goes_across_the_euro(app):
    factories.make_company(currency="GBP")
    _import(b"Date,USD,GBP\n2026-11-20,1.0834,0.8571\n2026-11-19,1.08,\n")
    assert find_rate("USD", "GBP", DAY).rate == Decimal("1.2640298682")
    assert find_rate("EUR", "GBP", DAY).rate == Decimal("1.1667250029")
    assert find_rate("USD", "GBP", DAY - timedelta(days=1)) is None
    _set("USD", DAY - timedelta(days=2), "1.3")
    assert find_rate("USD", "GBP", DAY).source == "ecb"
    assert find_rate("USD", "GBP", DAY - timedelta(days=1)).rate == Decimal("1.3")


def test_an_import_keeps_what_is_known_and_is_whole_or_nothing(app):
    factories.make_company()
    _import(b"Date,USD\n2026-11-20,1.0834\n")
    result = _import(b"Date,USD,JPY\n2026-11-20,1.09,162\n2026-11-19,1.08,N/A\n")
    assert (result.added, result.known, result.different) == (2, 0, 1)
    assert find_rate("USD", "EUR", DAY).rate == Decimal("1.0834")
    with pytest.raises(FileHasFaults, match="Line 3, GBP"):
        _import(b"Date,GBP\n2026-11-20,0.86\n2026-11-19,x\n")
    assert find_rate("GBP", "EUR", DAY) is None
    with pytest.raises(DayToCome):
        _import(b"Date,GBP\n2026-12-20,0.86\n")


def test_a_rate_by_hand_is_corrected_with_a_trace_and_checked(app):
    factories.make_company()
    first = _set(rate="11")
    assert _set(rate="1.1").id == first.id
    entries = list_entries_of("exchange_rate", first.id, limit=9)
    assert sorted((entry.detail["before"] or "", entry.detail["rate"]) for entry in entries) == [
        ("", "11"),
        ("11", "1.1"),
    ]
    with pytest.raises(RateForOurselves):
        _set("EUR")
    with pytest.raises(DayToCome):
        _set(day=date(2027, 1, 1))
