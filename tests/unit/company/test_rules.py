"""Number patterns: no change can make a number appear twice."""

import itertools
from datetime import date

import pytest

from app.company.rules import SeriesCouldShare, may_follow, require_distinct
from app.kernel.numbering import write_number


def test_a_pattern_may_only_get_another_width_or_other_first_letters():
    assert may_follow("INV-{year}-{number:03d}", "INV-{year}-{number:05d}")
    assert may_follow("RE-{year}-{number}", "INV-{year}-{number}")
    assert not may_follow("A1{number}", "A{number}")
    assert not may_follow("{number}-A", "A-{number}")


def test_patterns_that_may_follow_each_other_never_write_the_same_number():
    patterns = [
        "A{number}",
        "A1{number}",
        "A{number:03d}",
        "A{number}1",
        "B{number}",
        "AB{number}",
        "{number}",
        "A-{year}-{number}",
    ]
    on = date(2026, 11, 22)
    for one, other in itertools.permutations(patterns, 2):
        if may_follow(one, other):
            earlier = {write_number(other, n, on) for n in range(1, 300)}
            later = {write_number(one, n, on) for n in range(300, 3000)}
            assert not earlier & later, (one, other)


def test_two_series_never_share_a_number():
    with pytest.raises(SeriesCouldShare, match="The credit note numbers are written INV-"):
        require_distinct("INV-{year}-{number:03d}", [("order", "SO-{number}"), ("credit_note", "INV-{year}-{number}")])
    require_distinct("SO-{number}", [("credit_note", "CN-{number}"), ("invoice", "INV-{number}")])
