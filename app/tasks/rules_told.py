"""Knows who a step of the ladder still tells: nobody twice, and steps due at once tell everybody at the highest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.auth.rules import Role
from app.tasks.rules_escalation import Colleague


@dataclass(frozen=True, slots=True)
class Planned:
    """A step nobody was told of yet, with whoever its level would tell."""

    position: int
    due_at: datetime
    people: tuple[Colleague, ...]


def forecast(planned: Sequence[Planned], told: Collection[int], now: datetime) -> Mapping[int, tuple[Colleague, ...]]:
    """Who is told at each step if nobody acts, by position; a step that would tell nobody new is passed over.

    `planned` are the steps of one task from the lowest, above the highest one told; `told` are people told already.
    """
    found: dict[int, tuple[Colleague, ...]] = {}
    known, gathered = set(told), list[Colleague]()
    highest_due = max((step.position for step in planned if step.due_at <= now), default=0)
    for step in planned:
        gathered += step.people
        is_joined = step.position < highest_due
        found[step.position] = () if is_joined else choose_untold(gathered, known)
        if not is_joined:
            known |= {person.id for person in gathered}
            gathered = []
    return found


def choose_untold(people: Sequence[Colleague], told: Collection[int]) -> tuple[Colleague, ...]:
    """Those who were not told yet, each once."""
    return tuple(person for person in dict.fromkeys(people) if person.id not in told)


def may_answer(people: Collection[int], role: Role | str, told: Collection[int], lead_id: int | None) -> bool:
    """Whether somebody sees to a task: who was told, who leads its department, managers; `people` are they and theirs.

    Somebody answers for those they stand in for as for themselves.
    """
    return role in {Role.MANAGER, Role.ADMIN} or any(person in told or person == lead_id for person in people)
