"""Knows what wings to the right add to pages of an order, a customer or a deal: panels, stages, and who is next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Stage:
    """A step on an object's way; `state` is done, now, stop or next."""

    label: str
    state: str
    more: str = ""
    url: str = ""


@dataclass(frozen=True)
class Act:
    """A button that does what a hint says: posts `fields` to `url`, or opens `url` when that `asks` something first.

    `key` is the letter that presses it.
    """

    label: str
    url: str
    fields: Mapping[str, object] = field(default_factory=dict)
    asks: bool = False
    key: str = ""


@dataclass(frozen=True)
class Hint:
    """What an object waits for: one line, its reason, where it is done, and perhaps a button that does it."""

    text: str
    more: str = ""
    url: str = ""
    is_late: bool = False
    act: Act | None = None


Stages = Callable[[int], Sequence[Stage]]
Hints = Callable[[Sequence[int]], Mapping[int, Hint]]
S = TypeVar("S", bound=Stages)
H = TypeVar("H", bound=Hints)
_STAGES: dict[str, dict[str, tuple[int, Stages]]] = {}
_HINTS: dict[str, dict[str, tuple[int, Hints]]] = {}


def stages_for(kind: str, *, place: int) -> Callable[[S], S]:
    """Registers a function `(object id) -> stages`, put after those with smaller places."""

    def register(build: S) -> S:
        _STAGES.setdefault(kind, {})[f"{build.__module__}.{build.__name__}"] = (place, build)
        return build

    return register


def list_stages(kind: str, object_id: int) -> list[Stage]:
    entries = sorted(_STAGES.get(kind, {}).values(), key=lambda entry: entry[0])
    return [stage for _place, build in entries for stage in build(object_id)]


def hints_for(kind: str, *, place: int) -> Callable[[H], H]:
    """Registers a function `(object ids) -> hint by id`; the smallest place that knows an object speaks for it."""

    def register(build: H) -> H:
        _HINTS.setdefault(kind, {})[f"{build.__module__}.{build.__name__}"] = (place, build)
        return build

    return register


def list_hints(kind: str, object_ids: Sequence[int]) -> dict[int, Hint]:
    """What each of these objects waits for, as far as somebody knows."""
    found: dict[int, Hint] = {}
    for _place, build in sorted(_HINTS.get(kind, {}).values(), key=lambda entry: entry[0]):
        left = [object_id for object_id in object_ids if object_id not in found]
        found |= build(left) if left else {}
    return found
