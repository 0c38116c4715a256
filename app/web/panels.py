"""Knows what wings to the right add to the page of an order, a customer or a deal: panels by kind of object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import g
from markupsafe import Markup

NOTHING = Markup("")


@dataclass(frozen=True)
class Panel:
    """One box on a page. `body` is rendered markup; `flush` for tables; `aside` for the narrow column."""

    title: str
    body: Markup
    count: int | None = None
    actions: Markup = NOTHING
    flush: bool = False
    aside: bool = False


Build = Callable[[int], Panel | None]
B = TypeVar("B", bound=Build)


@dataclass(frozen=True)
class _Entry:
    place: int
    permission: str
    build: Build


_ENTRIES: dict[str, dict[str, _Entry]] = {}


def panel_for(kind: str, *, place: int = 50, permission: str = "") -> Callable[[B], B]:
    """Registers a function `(object id) -> Panel or None` for pages of this kind ("order", "customer", "deal").

    Small places stand first; who lacks the permission does not see the panel.
    """

    def register(build: B) -> B:
        entry = _Entry(place, permission, build)
        _ENTRIES.setdefault(kind, {})[f"{build.__module__}.{build.__name__}"] = entry
        return build

    return register


def list_panels(kind: str, object_id: int) -> list[Panel]:
    """The panels the current user may see, in their order."""
    may = g.get("may")
    entries = sorted(_ENTRIES.get(kind, {}).values(), key=lambda entry: entry.place)
    open_to_me = [entry for entry in entries if not entry.permission or (may is not None and may(entry.permission))]
    return [panel for entry in open_to_me if (panel := entry.build(object_id)) is not None]
