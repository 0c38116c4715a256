"""Knows how to look at a sample of a bank's CSV file: where its table begins, and how a profile reads its rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from app.payments.statements.csv_content import complete
from app.payments.statements.csv_guess import guess_profile, name_columns
from app.payments.statements.csv_profile import DELIMITERS, CsvProfile, Row, list_rows, open_table, read_table
from app.payments.statements.model import Unreadable
from app.payments.statements.reading import decode, split_lines

MOST_BYTES = 48_000  # of a sample: some hundred rows
MOST_SHOWN = 10
_MOST_SKIPPED = 30
_FEWEST_COLUMNS = 3
_FEWEST_LETTERS = 6  # of an account, so that no part of a date is taken for one


@dataclass(slots=True)
class Preview:
    """The first rows as they would be read, and why no more."""

    rows: list[Row] = field(default_factory=list)
    problem: str = ""

    @property
    def is_readable(self) -> bool:
        return bool(self.rows) and not self.problem


def cut_sample(content: bytes) -> bytes:
    """Whole lines from its beginning, few enough to travel with a form."""
    if len(content) <= MOST_BYTES:
        return content
    end = b"\n\0" if content.startswith(b"\xff\xfe") else b"\n"
    head = content[: content.rfind(end, 0, MOST_BYTES) + len(end)]
    while head.count(b'"') % 2:  # not within a text of several lines
        head = head[: head.rfind(end, 0, -len(end)) + len(end)]
    return head


def propose_profile(content: bytes) -> CsvProfile | None:
    """What the file says of itself, with nothing in what only a person can say; None where there is no table."""
    named = _name_profile(content)
    if named is None:
        return None
    sample = cut_sample(content)
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
            table = read_table(cut_sample(content), delimiter=delimiter, is_whole=False)
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


def find_account(content: bytes, profile: CsvProfile, accounts: Mapping[str, str]) -> str:
    """The only one of these accounts, named by how it may be written, that stands above the table; else empty."""
    try:
        above = split_lines(decode(content[:MOST_BYTES], profile.encoding))[: profile.skip_rows]
    except Unreadable:
        return ""
    said = " \n ".join(above).upper()
    found = {number for written, number in accounts.items() if _stands_in(written, said)}
    return found.pop() if len(found) == 1 else ""


def _stands_in(written: str, said: str) -> bool:
    """By itself, in groups or in one piece."""
    letters = [re.escape(one) for one in re.sub(r"[^0-9A-Z]", "", written.upper())]
    whole = rf"(?<![0-9A-Z]){'[ ./-]?'.join(letters)}(?![0-9A-Z])"
    return len(letters) >= _FEWEST_LETTERS and re.search(whole, said) is not None


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
