"""Knows which change of a number pattern could make a number appear twice."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.kernel.errors import BadInput


class NumbersCouldRepeat(BadInput):
    """With the pattern {pattern} a number could appear that {other} already writes. Begin it with other letters."""


class SeriesCouldShare(NumbersCouldRepeat):
    """The {series} numbers are written {other}: with {pattern} two documents could get one number. Begin otherwise."""


def may_follow(pattern: str, earlier: str) -> bool:
    """Whether the numbers to come by ``pattern`` can never equal one that ``earlier`` wrote.

    The counter goes on; so only the width of the number may change, or the letters at the beginning.
    """
    return _skeleton(pattern) == _skeleton(earlier) or _differ_at_start(pattern, earlier)


def require_distinct(pattern: str, others: Iterable[tuple[str, str]], *, field: str = "pattern") -> None:
    """Raises SeriesCouldShare when ``pattern`` could write a number of another (series, pattern)."""
    for series, other in others:
        if not _differ_at_start(pattern, other):
            raise SeriesCouldShare(field=field, series=series.replace("_", " "), pattern=pattern, other=other)


def _skeleton(pattern: str) -> str:
    return re.sub(r"\{number:[^}]*\}", "{number}", pattern)


def _differ_at_start(one: str, other: str) -> bool:
    """Whether two patterns differ at a place that is literal in both, before any digit is filled in."""
    first, second = one.split("{")[0], other.split("{")[0]
    return any(a != b for a, b in zip(first, second, strict=False))
