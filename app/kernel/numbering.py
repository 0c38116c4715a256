"""Knows how document numbers are written: ``INV-{year}-{number:05d}``, checked, then filled in without a format."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

from app.kernel.errors import BadInput

LONGEST_NUMBER = 30  # what banks carry in a reference, beside other words
_PLACEHOLDER = re.compile(r"\{(?P<name>year|yy|month|number)(?::0(?P<width>[1-9]|1[0-2])d?)?\}")
_LITERAL = re.compile(r"[A-Za-z0-9./_-]*")
_MARKS = re.compile(r"^[./_-]|[./_-]{2}|[./_-]$")
_USUAL = 99_999


class BadPattern(BadInput):
    """The number pattern {text} cannot be used: {reason}. Write one like INV-{{year}}-{{number:05d}}."""


def check_pattern(pattern: str, *, yearly: bool = True, field: str | None = "pattern") -> str:
    """``pattern`` when every number written with it is unique and plain; else BadPattern.

    A series that starts again each year must show the year, or numbers would repeat.
    """
    names = [found["name"] for found in _PLACEHOLDER.finditer(pattern)]
    shown = repr(pattern)[:60]
    written = write_number(pattern, _USUAL, date(2000, 12, 31))
    if len(written) > LONGEST_NUMBER:
        raise BadPattern(
            field=field, text=shown, reason=f"its numbers would be longer than {LONGEST_NUMBER} characters"
        )
    if unknown := re.search(r"\{[^{}]*\}", written):
        known = "{year}, {yy}, {month} and {number}, with a width such as {number:05d}"
        raise BadPattern(field=field, text=shown, reason=f"{unknown[0]} is not known; there are {known}")
    if not _LITERAL.fullmatch(written):
        raise BadPattern(field=field, text=shown, reason="only letters, digits and . / _ - may stand between the parts")
    if names.count("number") != 1:
        raise BadPattern(field=field, text=shown, reason="{number} must stand in it once")
    if _MARKS.search(written):
        raise BadPattern(
            field=field, text=shown, reason="files and banks want a letter or digit first, last and between two marks"
        )
    if re.search(r"\d\{number|\{number[^}]*\}\d", pattern) or _varying_beside_another(pattern):
        raise BadPattern(field=field, text=shown, reason="digits that touch can be read in two ways")
    if yearly and not {"year", "yy"} & set(names):
        raise BadPattern(field=field, text=shown, reason="a yearly series must show {year}")
    return pattern


def _varying_beside_another(pattern: str) -> bool:
    """Whether a part whose width varies touches another part: {yy}{month} is read in one way, {yy}{number} is not."""
    parts = list(_PLACEHOLDER.finditer(pattern))
    touching = [(one, other) for one, other in pairwise(parts) if one.end() == other.start()]
    return any(_varies(one) for pair in touching for one in pair)


def _varies(part: re.Match[str]) -> bool:
    return part["name"] == "number" or (part["name"] != "year" and part["width"] == "1")


def write_number(pattern: str, number: int, on: date) -> str:
    """The ``number`` of a document dated ``on``, as ``pattern`` writes it: ``INV-2026-00017``."""
    values = {"year": on.year, "yy": on.year % 100, "month": on.month, "number": number}
    widths = {"year": 4, "yy": 2, "month": 2, "number": 1}

    def fill(found: re.Match[str]) -> str:
        return str(values[found["name"]]).zfill(int(found["width"] or widths[found["name"]]))

    return _PLACEHOLDER.sub(fill, pattern)


def period_of(on: date, *, yearly: bool) -> str:
    """The period whose counter numbers a document dated ``on``: the year, or one period for ever."""
    return str(on.year) if yearly else ""
