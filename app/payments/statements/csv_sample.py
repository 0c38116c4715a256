"""Knows how to look at a sample of a bank's CSV file: where its table begins, and how a profile reads its rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from app.payments.statements.csv_content import complete
from app.payments.statements.csv_guess import guess_profile, name_columns
from app.payments.statements.csv_profile import DELIMITERS, CsvProfile, Row, list_rows, open_table, read_table
from app.payments.statements.model import Unreadable
from app.payments.statements.reading import cut_lines

MOST_SHOWN = 10
_MOST_SKIPPED = 30
_FEWEST_COLUMNS = 3


@dataclass(slots=True)
class Preview:
    """The first rows as they would be read, and why no more."""

    rows: list[Row] = field(default_factory=list)
    problem: str = ""

    @property
    def is_readable(self) -> bool:
        return bool(self.rows) and not self.problem


def propose_profile(content: bytes) -> CsvProfile | None:
    """What the file says of itself, with nothing in what only a person can say; None where there is no table."""
    named = _name_profile(content)
    if named is None:
        return None
    sample = cut_lines(content)
    try:
        table = read_table(sample, delimiter=named.delimiter, skip_rows=named.skip_rows, is_whole=False)
    except Unreadable:
        return named
    return complete(named, table)


def _name_profile(content: bytes) -> CsvProfile | None:
    """By the names of the columns."""
    try:
        guess = guess_profile(content)
    except Unreadable:
        guess = None
    if guess is not None:
        return guess.profile
    place = find_table(content)
    if place is None:
        return None
    blank = CsvProfile(
        name="", booked_on="", date_format="", decimal_mark="", delimiter=place[0], skip_rows=place[1]
    )  # fmt: skip
    columns: dict[str, Any] = {**name_columns(tuple(list_titles(content, blank)))}
    return replace(blank, **columns)


def find_table(content: bytes) -> tuple[str, int] | None:
    """The delimiter, and how many rows stand above the widest one, where the next row is as wide."""
    found: list[tuple[int, int, str]] = []
    for delimiter in DELIMITERS:
        try:
            table = read_table(cut_lines(content), delimiter=delimiter, is_whole=False)
        except Unreadable:
            continue
        rows = [(1, list(table.header)), *table.rows][: _MOST_SKIPPED + 2]
        for (line, cells), (_, below) in pairwise(rows):
            if len(cells) == len(below) >= _FEWEST_COLUMNS and all(cell.strip() for cell in cells):
                found.append((len(cells), 1 - line, delimiter))
    if not found:
        return None
    _width, above, delimiter = max(found)
    return delimiter, -above


def list_titles(content: bytes, profile: CsvProfile) -> list[str]:
    """The header's titles, to choose from; none where there is no header."""
    try:
        table = read_table(
            content, encoding=profile.encoding, delimiter=profile.delimiter, skip_rows=profile.skip_rows, is_whole=False
        )
    except Unreadable:
        return []
    return [title for title in dict.fromkeys(table.header) if title]


def show(content: bytes, profile: CsvProfile) -> Preview:
    """All rows of the sample are read, the first ones shown; the reason of a refusal names row and column."""
    preview = Preview()
    try:
        for row in list_rows(open_table(content, profile, is_whole=False), profile):
            if len(preview.rows) < MOST_SHOWN:
                preview.rows.append(row)
    except Unreadable as refusal:
        line = refusal.details.get("line")
        preview.problem = f"Row {line}: {refusal}" if line else str(refusal)
    return preview
