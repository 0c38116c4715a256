"""Knows how document numbers are written, and which change of a pattern could never make a number appear twice."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.kernel.errors import BadInput

LONGEST_PATTERN = 40
_FIELD = re.compile(r"\{(year|number)(?::0([1-9])d)?\}")
_LITERAL = re.compile(r"[A-Za-z0-9 ._/\-]*")


class PatternWrong(BadInput):
    """Write a number pattern like INV-{{year}}-{{number:05d}}: {reason}."""


class NumbersCouldRepeat(BadInput):
    """With the pattern {pattern} a number could appear that {other} already wrote. Begin it with other letters."""


def check_pattern(pattern: str, *, yearly: bool, field: str = "pattern") -> str:
    """The pattern, or PatternWrong. A yearly series starts at 1 each year, so it must show the year."""
    reasons = [
        (len(pattern) > LONGEST_PATTERN, f"at most {LONGEST_PATTERN} characters"),
        (len(re.findall(r"\{number(?::0[1-9]d)?\}", pattern)) != 1, "it needs {number} exactly once"),
        (pattern.count("{year") > 1 or "{year:" in pattern, "{year} stands at most once and has no width"),
        (yearly and "{year}" not in pattern, "it needs {year}, because it starts again each year"),
        (_LITERAL.fullmatch(_FIELD.sub("", pattern)) is None, "letters, digits, spaces and . _ / - may stand in it"),
        (pattern != pattern.strip(), "it may not begin or end with a space"),
    ]
    for broken, reason in reasons:
        if broken:
            raise PatternWrong(field=field, reason=reason)
    return pattern


def write_number(pattern: str, *, year: int, number: int) -> str:
    """``INV-{year}-{number:05d}`` for 2026 and 17 is ``INV-2026-00017``; a longer number is never cut."""
    return _FIELD.sub(lambda found: _written(found, year, number), pattern)


def _written(found: re.Match[str], year: int, number: int) -> str:
    if found[1] == "year":
        return f"{year:04d}"
    return str(number).zfill(int(found[2] or 1))


def may_follow(pattern: str, earlier: str) -> bool:
    """Whether no number written by ``pattern`` can equal one written by ``earlier``, whatever the counters say."""
    return _skeleton(pattern) == _skeleton(earlier) or _differ_at_start(pattern, earlier)


def require_distinct(pattern: str, others: Iterable[str], *, field: str = "pattern") -> None:
    """Raises NumbersCouldRepeat when ``pattern`` could write a number of another series."""
    for other in others:
        if not _differ_at_start(pattern, other):
            raise NumbersCouldRepeat(field=field, pattern=pattern, other=other)


def _skeleton(pattern: str) -> str:
    # Only the width of the number may differ: the same counter then still never gives the same text twice.
    return re.sub(r":0[1-9]d", "", pattern)


def _differ_at_start(one: str, other: str) -> bool:
    """Whether two patterns differ at a place that is literal in both, before any digit is filled in."""
    first, second = one.split("{")[0], other.split("{")[0]
    return any(a != b for a, b in zip(first, second, strict=False))
