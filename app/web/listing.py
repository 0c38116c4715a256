"""Knows how long lists are shown: page by page from a key, never by counting rows that are skipped.

`paginate` gives one page with the addresses of its neighbours, `choose_sort` turns `?sort=-due` into columns,
`count_up_to` counts without scanning, `export_csv` writes what the screen shows. See docs/developers/listing.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy import Select, func, literal, select

from app.db.base import session
from app.web.addresses import url_with
from app.web.export import ExportColumn, export_csv
from app.web.keyset import Found, Keyset, Order
from app.web.sorting import Sort, choose_sort

PAGE_SIZE = 50
OLDER, NEWER = "after", "before"  # the arguments that carry a place


@dataclass(frozen=True)
class Page:
    """One page of rows. An empty address means that there is nothing on that side."""

    rows: list[Any]
    older_url: str = ""
    newer_url: str = ""

    def __bool__(self) -> bool:
        return bool(self.rows)


@dataclass(frozen=True)
class Count:
    """How many rows there are, up to a bound: `1,000+` beyond it."""

    number: int
    is_more: bool = False

    def __str__(self) -> str:
        return f"{self.number:,}{'+' if self.is_more else ''}"


def paginate(
    statement: Select[Any],
    *,
    order: Order,
    args: Mapping[str, str] | None = None,
    path: str = "",
    size: int = PAGE_SIZE,
) -> Page:
    """The page the address asks for, in this order. The last column of `order` makes rows unique, usually the id.

    `statement` selects an entity (rows are entities) or columns (rows are tuples). Raises BadCursor for a junk place.
    """
    keyset = Keyset(order)
    args = request.args if args is None else args
    urls = _Urls(keyset, args, path)
    if before := args.get(NEWER, ""):
        found = keyset.fetch(statement, keyset.read(before), most=size + 1, backwards=True)
        if len(found) > size:
            return urls.page(found[size - 1 :: -1], has_newer=True, has_older=True)
        # less than a page stands before that place: show the first page, whole
    after = "" if before else args.get(OLDER, "")
    found = keyset.fetch(statement, keyset.read(after) if after else None, most=size + 1)
    return urls.page(found[:size], has_newer=bool(after), has_older=len(found) > size)


def count_up_to(statement: Select[Any], *, most: int = 1_000) -> Count:
    """Counts the rows of a list, stopping at `most`."""
    bounded = statement.with_only_columns(literal(1), maintain_column_froms=True).order_by(None).limit(most + 1)
    number = session().scalar(select(func.count()).select_from(bounded.subquery())) or 0
    return Count(min(number, most), is_more=number > most)


@dataclass(frozen=True)
class _Urls:
    keyset: Keyset
    args: Mapping[str, str]
    path: str

    def page(self, found: Sequence[Found], *, has_newer: bool, has_older: bool) -> Page:
        return Page(
            rows=[row for row, _ in found],
            older_url=self._to(OLDER, found[-1][1]) if has_older and found else "",
            newer_url=self._to(NEWER, found[0][1]) if has_newer and found else "",
        )

    def _to(self, name: str, place: Sequence[Any]) -> str:
        return url_with(self.args, self.path, **{OLDER: "", NEWER: "", name: self.keyset.write(place)})


__all__ = ["Count", "ExportColumn", "Page", "Sort", "choose_sort", "count_up_to", "export_csv", "paginate", "url_with"]
