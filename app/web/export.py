"""Knows how a list leaves as CSV: the screen's filters and order, no formula in any cell, nothing but rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Response
from sqlalchemy import Select

from app.db.base import session
from app.kernel.money import Money, format_decimal
from app.web.filters import company_zone
from app.web.keyset import Keyset, Order

MOST_ROWS = 50_000
CHUNK = 500
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\x00")
Prepare = Callable[[Sequence[Any]], None]
BYTE_ORDER_MARK = "\ufeff"  # without it a spreadsheet reads Łódź as Å�ódź


@dataclass(frozen=True)
class ExportColumn:
    """One column: its head, and the value of a row. Money becomes a plain decimal; its currency is another column."""

    head: str
    value: Callable[[Any], object]


def export_csv(
    statement: Select[Any],
    *,
    order: Order,
    columns: Sequence[ExportColumn],
    name: str,
    now: datetime,
    totals: Sequence[Sequence[object]] = (),
    prepare: Prepare | None = None,
) -> Response:
    """Every row of the list in its order, then the totals. The file's name says the day, and where the list was cut.

    `prepare` is given the rows of each chunk before their cells are written, to read what belongs to them at once.
    """
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([column.head for column in columns])
    written = 0
    for row in _rows(statement, Keyset(order), columns, prepare):
        writer.writerow(row)
        written += 1
    for line in totals:
        writer.writerow([cell(value) for value in line])
    day = now.astimezone(company_zone()).date().isoformat()
    return Response(
        (BYTE_ORDER_MARK + sheet.getvalue()).encode(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{day}{_cut(written)}.csv"'},
    )


def _cut(written: int) -> str:
    return "" if written < MOST_ROWS else f"-first-{written}-rows-only"


def _rows(
    statement: Select[Any], keyset: Keyset, columns: Sequence[ExportColumn], prepare: Prepare | None
) -> Iterator[list[str]]:
    """Cells in chunks, each a read of its own, because an open read makes other people's saving wait on SQLite."""
    place: list[Any] | None = None
    written = 0
    while written < MOST_ROWS:
        found = keyset.fetch(statement, place, most=CHUNK)
        if prepare is not None:
            prepare([row for row, _ in found])
        lines = [[cell(column.value(row)) for column in columns] for row, _ in found]
        session().rollback()
        yield from lines
        written += len(found)
        if len(found) < CHUNK:
            return
        place = found[-1][1]


def cell(value: object) -> str:
    """A cell as text. Numbers stay numbers; a text that a spreadsheet would calculate gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, Money):
        return format_decimal(value.amount, value.currency)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return "'" + text if text.startswith(FORMULA_STARTS) else text
