"""Knows the files in which the European Central Bank publishes rates: CSV (one day or all), XML, and a ZIP of a CSV."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from xml.parsers import expat

from app.company.rules_rates import parse_rate
from app.kernel.errors import BadInput
from app.kernel.money import is_currency

LARGEST = 16 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 100
MOST_FAULTS = 20
NOT_QUOTED = {"", "N/A"}
PLAIN_WAYS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class FileTooLarge(BadInput):
    """This file is too large: the largest of the ECB has some 7 MB, 16 MB are the most."""


class NotAnEcbFile(BadInput):
    """This is no rates file of the ECB. Choose eurofxref-daily.xml, eurofxref.csv, eurofxref-hist.csv or its ZIP."""


class HasDoctype(BadInput):
    """This XML declares a document type, which files of the ECB never do. Nothing was read."""


@dataclass(frozen=True, slots=True)
class Quote:
    """1 EUR = `rate` `currency` on that day."""

    rated_on: date
    currency: str
    rate: Decimal


@dataclass(frozen=True)
class RatesFile:
    """What a file says: its quotes, what is wrong with it, and the currencies that are none of ISO 4217 any more."""

    quotes: tuple[Quote, ...]
    faults: tuple[str, ...]
    unknown: tuple[str, ...]


def read_rates(content: bytes) -> RatesFile:
    """Every quote of the file; each bad one is named. Raises FileTooLarge, NotAnEcbFile, HasDoctype."""
    if len(content) > LARGEST:
        raise FileTooLarge(field="file")
    if content.startswith(b"PK"):
        content = _unpack(content)
    cells = list(_xml_cells(content) if content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") else _cells(content))
    if not cells:
        raise NotAnEcbFile(field="file")
    return _read_cells(cells)


Cell = tuple[str, str, str, str]  # where it stands, day, currency, rate


def _read_cells(cells: list[Cell]) -> RatesFile:
    quotes: dict[tuple[date, str], Quote] = {}
    faults, unknown = [], set()
    for where, day, currency, text in cells:
        if not is_currency(currency):
            unknown.add(currency[:10])
            continue
        try:
            quote = Quote(_day(day), currency, parse_rate(text))
        except BadInput as refusal:
            faults.append(f"{where}, {currency}: {refusal}")
            continue
        if quotes.setdefault((quote.rated_on, currency), quote) != quote:
            faults.append(f"{where}, {currency}: {quote.rated_on} stands there twice with different rates.")
    return RatesFile(tuple(quotes.values()), tuple(faults), tuple(sorted(unknown)))


def _day(text: str) -> date:
    for pattern in ("%Y-%m-%d", "%d %B %Y"):
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day, no instant
        except ValueError:
            continue
    raise BadInput(f"{text[:30]!r} is no day like 2026-11-20.")


def _cells(content: bytes) -> Iterator[Cell]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotAnEcbFile(field="file") from None
    if "\0" in text:
        raise NotAnEcbFile(field="file")
    try:
        yield from _rows(csv.reader(io.StringIO(text)))
    except csv.Error:
        raise NotAnEcbFile(field="file") from None


def _rows(rows: Iterator[list[str]]) -> Iterator[Cell]:
    head = [name.strip() for name in next(rows, [])]
    if head[:1] != ["Date"] or len(head) > MOST_COLUMNS:
        raise NotAnEcbFile(field="file")
    for line, row in enumerate(rows, 2):
        if line > MOST_ROWS:
            raise FileTooLarge(field="file")
        for currency, text in zip(head[1:], row[1:], strict=False):
            if currency and text.strip() not in NOT_QUOTED:
                yield f"Line {line}", row[0].strip(), currency, text.strip()


def _xml_cells(content: bytes) -> list[Cell]:
    """The cubes of a day and of a currency; nothing outside the file is ever looked up."""
    cells: list[Cell] = []
    day = ""
    parser = expat.ParserCreate()

    def refuse(*_declared: object) -> None:
        raise HasDoctype(field="file")

    def begin(name: str, facts: dict[str, str]) -> None:
        nonlocal day
        if name.rpartition(":")[2] != "Cube":
            return
        day = facts.get("time", day)
        if "currency" in facts:
            cells.append((f"Line {parser.CurrentLineNumber}", day, facts["currency"], facts.get("rate", "")))

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begin
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError):  # the latter two: encodings it cannot read
        raise NotAnEcbFile(field="file") from None
    return cells


def _unpack(content: bytes) -> bytes:
    """The one CSV of the archive, read up to the limit whatever its directory says."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist()[:10] if name.lower().endswith(".csv")]
            if len(names) != 1 or archive.getinfo(names[0]).compress_type not in PLAIN_WAYS:
                raise NotAnEcbFile(field="file")
            with archive.open(names[0]) as packed:
                found = packed.read(LARGEST + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError):
        raise NotAnEcbFile(field="file") from None
    if len(found) > LARGEST:
        raise FileTooLarge(field="file")
    return found
