"""Knows what a lifecycle is: the states a thing can be in, the moves between them, and the reason a move is refused."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.kernel.errors import RuleError

S = TypeVar("S", bound=enum.StrEnum)


class MoveRefused(RuleError):
    """This {thing} is {state}, so "{move}" is not possible. {hint}"""


class ReasonMissing(RuleError):
    """Say why: "{move}" needs a reason."""


@dataclass(frozen=True, slots=True)
class Move(Generic[S]):
    """A named way from some states to one; ``permission`` is the word the guard asks for."""

    name: str
    sources: frozenset[S]
    target: S
    permission: str = ""
    needs_reason: bool = False

    @classmethod
    def of(
        cls, name: str, sources: S | Iterable[S], target: S, *, permission: str = "", needs_reason: bool = False
    ) -> Move[S]:
        starts = frozenset([sources] if isinstance(sources, enum.StrEnum) else sources)
        return cls(name, starts, target, permission, needs_reason)


@dataclass(frozen=True)
class Lifecycle(Generic[S]):
    """The transition table of one ``thing`` ("order"). Every state must be reachable from ``start``."""

    thing: str
    start: S
    moves: tuple[Move[S], ...]

    def __post_init__(self) -> None:
        names = [move.name for move in self.moves]
        if len(set(names)) != len(names):
            raise ValueError(f"two moves of {self.thing} share a name")
        if unreachable := set(type(self.start)) - self._reachable():
            raise ValueError(f"{self.thing} never becomes {sorted(unreachable)}")

    def move(self, name: str, state: S, *, reason: str = "") -> S:
        """The state after the move; MoveRefused says what is possible instead, ReasonMissing asks why."""
        found = self._named(name)
        if state not in found.sources:
            raise MoveRefused(thing=self.thing, state=_words(state), move=_words(name), hint=self._hint(state))
        if found.needs_reason and not reason.strip():
            raise ReasonMissing(move=_words(name))
        return found.target

    def is_possible(self, name: str, state: S) -> bool:
        return state in self._named(name).sources

    def moves_from(self, state: S) -> tuple[Move[S], ...]:
        return tuple(move for move in self.moves if state in move.sources)

    def is_final(self, state: S) -> bool:
        return not self.moves_from(state)

    def permission_for(self, name: str) -> str:
        return self._named(name).permission

    def _named(self, name: str) -> Move[S]:
        for move in self.moves:
            if move.name == name:
                return move
        raise KeyError(f"{self.thing} has no move {name!r}")

    def _hint(self, state: S) -> str:
        possible = [f'"{_words(move.name)}"' for move in self.moves_from(state)]
        return f"Possible now: {', '.join(possible)}." if possible else "Nothing more can happen to it."

    def _reachable(self) -> set[S]:
        seen, open_states = {self.start}, [self.start]
        while open_states:
            state = open_states.pop()
            fresh = {move.target for move in self.moves_from(state)} - seen
            seen |= fresh
            open_states += fresh
        return seen


def _words(name: str) -> str:
    return name.replace("_", " ")
