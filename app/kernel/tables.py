"""Knows how to read a table out of a text file as people export it: encoding, separator, quotes, true line numbers."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.kernel.errors import BadInput

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 200
SEPARATORS = ",;\t|"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NUMBER_AFTER_SIGN = re.compile(r"\+[\s\d.,()/-]*|-[\s\d.,()]*")
_TERM = r"\s*\(?\s*(?:\$?[A-Za-z]{1,3}\$?\d+|\d[\d.,]*%?)\s*\)?\s*"
_CALCULATION = re.compile(rf"[+-]{_TERM}(?:[-+*/^&]{_TERM})+")


class FileTooLarge(BadInput):
    """The file is larger than {most} MB. Split it."""


class TooManyRows(BadInput):
    """The file has more than {most} rows. Split it."""


class FileUnreadable(BadInput):
    """The file cannot be read as {what}. Save it as CSV in UTF-8 and try again."""


class FileEmpty(BadInput):
    """The file is empty: it needs a line of column names and at least one row."""


class HeaderWrong(BadInput):
    """{reason}"""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one record, as many as the header has; ``line`` is where it begins in the file."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """``faults`` are records that could not be read: line and reason."""

    header: tuple[str, ...]
    rows: list[Row]
    separator: str
    encoding: str
    faults: list[tuple[int, str]] = field(default_factory=list)


def read_text(content: bytes, *, encoding: str | None = None, most_bytes: int = MOST_BYTES) -> tuple[str, str]:
    """The text and the encoding it was read with: BOM, UTF-16 without one, UTF-8, else Windows-1252.

    Raises FileTooLarge, FileUnreadable.
    """
    if len(content) > most_bytes:
        raise FileTooLarge(most=most_bytes // 1024 // 1024)
    for name in [encoding] if encoding else _likely_encodings(content):
        try:
            return content.decode(name).removeprefix("\ufeff"), name
        except (UnicodeError, LookupError):
            continue
    raise FileUnreadable(what=encoding or "text")


def _likely_encodings(content: bytes) -> list[str]:
    for bom, name in _BOMS:
        if content.startswith(bom):
            return [name]
    sample = content[:400]
    # Every other byte of Latin text in UTF-16 is zero
    if len(sample) >= 4 and sample[1::2].count(0) > len(sample) * 0.3:
        return ["utf-16-le"]
    if len(sample) >= 4 and sample[0::2].count(0) > len(sample) * 0.3:
        return ["utf-16-be"]
    return ["utf-8", "windows-1252"]


def read_table(
    content: bytes, *, encoding: str | None = None, most_bytes: int = MOST_BYTES, most_rows: int = MOST_ROWS
) -> Table:
    """The table of a CSV file. Raises FileTooLarge, TooManyRows, FileUnreadable, FileEmpty, HeaderWrong."""
    text, used = read_text(content, encoding=encoding, most_bytes=most_bytes)
    separator, skipped = _separator(text)
    records = _records(text, separator, skipped)
    faults: list[tuple[int, str]] = []
    header: tuple[str, ...] | None = None
    rows: list[Row] = []
    for line, cells in records:
        if isinstance(cells, str):
            faults.append((line, cells))
        elif not any(cell.strip() for cell in cells):
            continue
        elif header is None:
            header = _header(cells)
        elif (row := _row(line, cells, header)) is not None:
            rows.append(row)
            if len(rows) > most_rows:
                raise TooManyRows(most=most_rows)
        else:
            faults.append((line, f"This row has more cells than the header's {len(header)}: {_QUOTE_HINT}"))
    if header is None:
        raise FileUnreadable(what="a table") if faults else FileEmpty
    return Table(header, rows, separator, used, faults)


_QUOTE_HINT = "put cells that contain the separator into quotation marks."


def column_key(name: str) -> str:
    """A column's name without regard to case, spaces and dashes: "Deal - ID" is ``deal_id``."""
    return re.sub(r"[^\w]+", "_", name.strip().lower()).strip("_")


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would calculate this cell, or run it. Signed numbers and phone numbers are not formulas."""
    text = cell.lstrip(" \u00a0")
    if text.startswith(("=", "@", "\t", "\r")):
        return True
    if not text.startswith(("+", "-")) or _NUMBER_AFTER_SIGN.fullmatch(text):
        return False
    return bool(re.search(r"[(|!]", text) or _CALCULATION.fullmatch(text.rstrip()))


def _separator(text: str) -> tuple[str, int]:
    """The separator and how many lines to leave out: Excel may say ``sep=;`` first."""
    first, _, rest = text.partition("\n")
    said = re.fullmatch(r"sep=(.)\r?", first, re.IGNORECASE)
    if said and said[1] in SEPARATORS:
        return said[1], 1
    line = next((line for line in [first, *rest[:100_000].split("\n")] if line.strip()), "")
    outside_quotes = re.sub(r'"[^"]*"', "", line)
    return max(SEPARATORS, key=outside_quotes.count), 0


def _records(text: str, separator: str, skipped: int) -> Iterator[tuple[int, Sequence[str] | str]]:
    """Line and cells of each record; a reason instead of cells where reading had to stop."""
    lines = io.StringIO(text, newline="")
    for _ in range(skipped):
        lines.readline()
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        line = reader.line_num + skipped + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, _reason(error)
            if "end of data" in str(error):
                return
        else:
            yield line, cells


def _reason(error: csv.Error) -> str:
    said = str(error)
    if "end of data" in said:
        return "A quotation mark is opened here and never closed, so nothing after it could be read."
    if "larger than field limit" in said:
        return "A cell is too long."
    return "The quotation marks in this row are wrong: double a mark that belongs to the text."


def _header(cells: Sequence[str]) -> tuple[str, ...]:
    names = tuple(cell.strip() for cell in cells)
    while names and not names[-1]:
        names = names[:-1]
    keys = [column_key(name) for name in names]
    twice = sorted({name for name, key in zip(names, keys, strict=True) if key and keys.count(key) > 1})
    if len(names) > MOST_COLUMNS:
        raise HeaderWrong(reason=f"The file has more than {MOST_COLUMNS} columns.")
    if twice:
        raise HeaderWrong(reason=f"The column {twice[0]!r} stands twice in the first line. Remove one.")
    return names


def _row(line: int, cells: Sequence[str], header: tuple[str, ...]) -> Row | None:
    if any(cell.strip() for cell in cells[len(header) :]):
        return None
    kept = [cell.strip() for cell in cells[: len(header)]]
    return Row(line, tuple(kept + [""] * (len(header) - len(kept))))
