"""Number patterns: what is written, and that no change can make a number appear twice."""

import itertools

import pytest

from app.company.rules import (
    NumbersCouldRepeat,
    PatternWrong,
    check_pattern,
    may_follow,
    require_distinct,
    write_number,
)


@pytest.mark.parametrize(
    ("pattern", "year", "number", "written"),
    [
        ("INV-{year}-{number:05d}", 2026, 17, "INV-2026-00017"),
        ("INV-{year}-{number:05d}", 2026, 1234567, "INV-2026-1234567"),
        ("C-{number:05d}", 2026, 1, "C-00001"),
        ("R{number}/{year}", 2026, 9, "R9/2026"),
    ],
)
def test_a_number_is_written_by_its_pattern(pattern, year, number, written):
    assert write_number(pattern, year=year, number=number) == written


@pytest.mark.parametrize(
    "pattern",
    ["INV-{year}", "{number}{number}-{year}", "INV-{number}", "{year}-{number!r}", "<b>{year}{number}", "{year.x}{number}",
     "A{year}{number:99d}", " {year}{number}", "Ä{year}{number}", "A" * 60 + "{year}{number}", "{year}{year}{number}"],
)  # fmt: skip
def test_a_pattern_that_cannot_number_a_year_is_refused(pattern):
    with pytest.raises(PatternWrong):
        check_pattern(pattern, yearly=True)


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
    for one, other in itertools.permutations(patterns, 2):
        if may_follow(one, other):
            earlier = {write_number(other, year=2026, number=n) for n in range(1, 300)}
            later = {write_number(one, year=2026, number=n) for n in range(300, 3000)}
            assert not earlier & later, (one, other)


def test_two_series_never_share_a_number():
    with pytest.raises(NumbersCouldRepeat, match="INV-"):
        require_distinct("INV-{year}-{number:03d}", ["CN-{year}-{number}", "INV-{year}-{number}"])
    require_distinct("SO-{number}", ["CN-{number}", "INV-{number}"])
