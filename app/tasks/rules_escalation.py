"""Knows the escalation ladder: when each level is reached, who is told, and who instead when somebody is not there."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.auth.rules import Permission, Role, may
from app.kernel.errors import BadInput
from app.tasks.rules_scope import scope_of
from app.tasks.rules_sla import NeverDue, Sla, find_due

MOST_LEVELS = 6
MOST_PERCENT = 1000


class Who(enum.StrEnum):
    """Who is told: whoever the task was given to, or its department; who leads the department; the managers."""

    OWNER = "owner"
    TEAM_LEAD = "team_lead"
    MANAGER = "manager"


WHO_LABELS = {Who.OWNER: "Owner", Who.TEAM_LEAD: "Team lead", Who.MANAGER: "Managers"}


class ShareUnreadable(BadInput):
    """Write the share as a whole number of percent from 1 to 1000, or leave it empty to drop the level."""


class SharesNotRising(BadInput):
    """Each level needs a larger share than the one before it."""


class NoLevels(BadInput):
    """Give at least one level its share of the target."""


@dataclass(frozen=True, slots=True)
class Level:
    """Who is told when this share of the target is used."""

    position: int
    share_percent: int
    who: Who


STANDARD_LADDER = (Level(1, 75, Who.OWNER), Level(2, 100, Who.TEAM_LEAD), Level(3, 150, Who.MANAGER))


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works here."""

    id: int
    name: str
    email: str
    role: Role
    department: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a task stands: whose it is, and who leads the department."""

    department: str
    assignee_id: int | None = None
    lead_id: int | None = None


def read_ladder(rows: Sequence[tuple[str, str]]) -> tuple[Level, ...]:
    """The levels as (share, who) were typed; a row without a share is dropped. Raises BadInput naming the field."""
    levels: list[Level] = []
    for number, (typed, who) in enumerate(rows):
        if not (text := typed.strip().removesuffix("%").strip()):
            continue
        field = f"levels[{number}].share"
        if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MOST_PERCENT):
            raise ShareUnreadable(field=field)
        if levels and int(text) <= levels[-1].share_percent:
            raise SharesNotRising(field=field)
        levels.append(Level(len(levels) + 1, int(text), Who(who)))
    if not levels:
        raise NoLevels(field="levels[0].share")
    return tuple(levels)


def share_due(sla: Sla, percent: int) -> datetime | None:
    """When so much of the target is used; None while the clock stands still, or would never get there."""
    try:
        return find_due(replace(sla, target_minutes=-(-sla.target_minutes * percent // 100)))
    except NeverDue:
        return None


def plan_steps(sla: Sla, levels: Sequence[Level]) -> dict[int, datetime]:
    """When each level is reached if nobody acts, by position."""
    planned = {level.position: share_due(sla, level.share_percent) for level in levels}
    return {position: due_at for position, due_at in planned.items() if due_at is not None}


def choose_receivers(who: Who, place: Place, people: Sequence[Colleague]) -> tuple[Colleague, ...]:
    """Who is told; `people` work here now. Where nobody is left who may see the task, the next in line, at last admins.

    A level is never empty while anybody is there who can act.
    """
    able = [person for person in people if _can_act(person, place)]
    line: tuple[list[Colleague], ...] = (
        [person for person in able if person.id == place.assignee_id],
        [person for person in able if place.assignee_id is None and person.department == place.department],
        [person for person in able if person.id == place.lead_id],
        [person for person in able if person.role is Role.MANAGER],
        [person for person in able if person.role is Role.ADMIN],
    )
    begins = {Who.OWNER: 0, Who.TEAM_LEAD: 2, Who.MANAGER: 3}[who]
    return tuple(next((found for found in line[begins:] if found), ()))


def _can_act(person: Colleague, place: Place) -> bool:
    scope = scope_of(person.id, person.role, person.department)
    return may(person.role, Permission.TASKS_WORK) and scope.includes(place.department, place.assignee_id)
