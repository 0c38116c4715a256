"""Knows who is away today, until when and who stands in, and how that is said beside a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from flask import g

from app.auth.names import name_users
from app.auth.queries_absence import find_stand_ins, list_present_absences
from app.web.filters import day


@dataclass(frozen=True)
class Away:
    """Somebody who is not here: until the last day, and who gets what is meant for them; "" when nobody does."""

    last_day: date
    stand_in: str

    @property
    def note(self) -> str:
        """How it is said after a name."""
        return f"away until {day(self.last_day)}" + (f", {self.stand_in} stands in" if self.stand_in else "")


def list_away(today: date) -> dict[int, Away]:
    """Everybody who is away on that day, by id; read once per page."""
    if "away" not in g:
        g.away = _read_away(today)
    away: dict[int, Away] = g.away
    return away


def _read_away(today: date) -> dict[int, Away]:
    absences = list_present_absences(today)
    stand_ins = find_stand_ins(absences, today) if absences else {}
    names = name_users(stand_ins.values())
    return {user_id: Away(last_day, names.get(stand_ins.get(user_id, 0), "")) for user_id, last_day in absences.items()}


def note_away(people: Iterable[tuple[int, str]], away: Mapping[int, Away]) -> list[tuple[int, str]]:
    """The people of a choice, with a note beside those who are away."""
    return [(user_id, f"{name} ({away[user_id].note})" if user_id in away else name) for user_id, name in people]
