"""Dated tax rates: from which day on a draft has another rate than its code."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.company.rules_taxes import Code, CodePart, find_other_rate, taxes_on

OLD, LOW, BACK = date(2020, 1, 1), date(2026, 11, 23), date(2026, 11, 24)
CODE = Code("DE", (CodePart("VAT", "S", "", ((OLD, Decimal(19)), (LOW, Decimal(16)), (BACK, Decimal(19)))),))


@pytest.mark.parametrize(
    ("taken_on", "tax_point", "changed_on"),
    [
        (OLD, LOW, LOW),  # although the rate it has comes back the day after
        (BACK, LOW, LOW),
        (LOW, BACK, BACK),
        (LOW, OLD, LOW),  # drafted at the new rate, supplied before it
    ],
)
def test_the_day_that_is_named_is_that_of_the_change_between(taken_on, tax_point, changed_on):
    assert find_other_rate(CODE, taxes_on(CODE, taken_on), tax_point).since == changed_on


def test_a_line_with_the_rate_of_its_tax_point_has_no_other():
    assert find_other_rate(CODE, taxes_on(CODE, OLD), BACK) is None
