"""Knows how `?sort=-due` becomes columns: words looked up in the list's own table, never text that reaches SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from app.kernel.errors import BadInput
from app.web.addresses import url_with
from app.web.keyset import Column, Direction, Order


class UnknownSort(BadInput):
    """This list cannot be sorted like that. Choose one of: {choices}."""


@dataclass(frozen=True)
class Sort:
    """The sorting of one page: `order` for `paginate`, and the heads of the table's columns."""

    key: str
    direction: Direction
    order: Order
    path: str
    args: Mapping[str, str]

    def head(self, label: str, key: str = "", *, kind: str = "", hide: str = "") -> dict[str, Any]:
        """One column for the table macro; with a key it can be sorted by, smallest first, then turned."""
        column: dict[str, Any] = {"label": label, "kind": kind, "hide": hide}
        if key:
            turned = "-" if (key, "asc") == (self.key, self.direction) else ""
            column["sort_url"] = url_with(self.args, self.path, sort=turned + key, after="", before="")
            column["sorted"] = self.direction if key == self.key else ""
        return column


def choose_sort(
    sorts: Mapping[str, Column],
    *,
    default: str,
    tie: Column,
    args: Mapping[str, str] | None = None,
    path: str = "",
) -> Sort:
    """The sorting the address asks for: a key of `sorts`, with `-` before it for the largest first.

    `tie` makes rows unique and runs in the same direction, so that one index can serve. Raises UnknownSort.
    """
    args = request.args if args is None else args
    wanted = args.get("sort", "") or default
    key = wanted.removeprefix("-")
    if key not in sorts:
        raise UnknownSort(choices=", ".join(sorts), field="sort")
    direction: Direction = "desc" if wanted.startswith("-") else "asc"
    column = sorts[key]
    order: Order = [(column, direction)] if column is tie else [(column, direction), (tie, direction)]
    return Sort(key, direction, order, path or request.path, args)
