"""Knows what wings to the right say in figures about an object: how far it is, who holds it, what cancelling undoes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import g


@dataclass(frozen=True)
class Fact:
    """One figure at the top of an object's page."""

    label: str
    text: str
    more: str = ""
    url: str = ""


@dataclass(frozen=True)
class Glance:
    """What one wing says about one object. `done` of `total` is its progress, `holders` who has the ball, first first.

    `billed` is the net amount that is invoiced and not credited, in minor units of the object's currency;
    `effects` are number and words of what cancelling the object would do.
    """

    facts: tuple[Fact, ...] = ()
    done: int = 0
    total: int = 0
    holders: tuple[str, ...] = ()
    billed: int = 0
    effects: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Summary:
    """The glances of one object, put together."""

    glances: tuple[Glance, ...] = ()

    @property
    def facts(self) -> list[Fact]:
        return [fact for glance in self.glances for fact in glance.facts]

    @property
    def effects(self) -> list[tuple[str, str]]:
        return [effect for glance in self.glances for effect in glance.effects]

    @property
    def done(self) -> int:
        return sum(glance.done for glance in self.glances)

    @property
    def total(self) -> int:
        return sum(glance.total for glance in self.glances)

    @property
    def billed(self) -> int:
        return sum(glance.billed for glance in self.glances)

    @property
    def holders(self) -> list[str]:
        return [holder for glance in self.glances for holder in glance.holders]


Look = Callable[[Sequence[int]], Mapping[int, Glance]]
L = TypeVar("L", bound=Look)


@dataclass(frozen=True)
class _Entry:
    place: int
    permission: str
    look: Look


_ENTRIES: dict[str, dict[str, _Entry]] = {}


def glance_for(kind: str, *, place: int = 50, permission: str = "") -> Callable[[L], L]:
    """Registers `(ids) -> glance by id` for lists and pages of this kind ("order"); one read for all ids.

    Small places stand first; who lacks the permission does not see what it says.
    """

    def register(look: L) -> L:
        entry = _Entry(place, permission, look)
        _ENTRIES.setdefault(kind, {})[f"{look.__module__}.{look.__name__}"] = entry
        return look

    return register


def list_glances(kind: str, ids: Sequence[int]) -> dict[int, Summary]:
    """What the wings say about each of these objects, as far as the current user may know it."""
    may = g.get("may")
    found: dict[int, list[Glance]] = defaultdict(list)
    for entry in sorted(_ENTRIES.get(kind, {}).values(), key=lambda entry: entry.place):
        if not ids or (entry.permission and (may is None or not may(entry.permission))):
            continue
        for object_id, glance in entry.look(ids).items():
            found[object_id].append(glance)
    return {object_id: Summary(tuple(found[object_id])) for object_id in ids}
