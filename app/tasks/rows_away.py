"""Knows what absences say beside tasks: whom to ask instead, and for whom somebody stands in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from app.auth.away import Away, list_away
from app.auth.names import name_users
from app.tasks.rules_scope import Scope
from app.web.filters import day


def ask_whom(people: Mapping[int, str], away: Mapping[int, Away]) -> dict[int, str]:
    """Whom to ask about the task of each person: the stand-in of whoever is away."""
    return {
        user_id: f"{gone.stand_in}, who stands in for {name}" if (gone := away.get(user_id)) and gone.stand_in else name
        for user_id, name in people.items()
    }


def describe_cover(scope: Scope, today: date) -> str:
    """Whose tasks are in somebody's list too, and until when; "" when they are only their own."""
    if not scope.covers:
        return ""
    away, names = list_away(today), name_users(person for person, _department in scope.covers)
    said = [f"{name} until {day(away[person].last_day)}" for person, name in names.items() if person in away]
    return " and ".join(said)
