"""Knows what to call an actor of the trail: a person by name, a job by what it is."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from app.auth.models import User
from app.db.base import session

JOBS = {
    "system:tour": "Tour",
    "system:demo": "Demo",
    "system:cli": "Command line",
    "system:followup": "Follow-up",
    "system:worker": "Worker",
    "system:outbox": "Outbox",
    "system:mis": "Daily report",
    "system:crediting": "Credit note",
}


def name_actors(actors: Iterable[str | None]) -> dict[str, str]:
    """Name by actor ("user:3" -> "Ada Koch"), in one query."""
    named = {actor for actor in actors if actor}
    names = {actor: JOBS.get(actor, actor.removeprefix("system:").capitalize()) for actor in named}
    names |= {f"user:{user_id}": name for user_id, name in name_users(_user_ids(named)).items()}
    return names


def name_users(user_ids: Iterable[int | None]) -> dict[int, str]:
    """Name by id; who has no name is called by the address."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    if not wanted:
        return {}
    rows = session().execute(select(User.id, User.name, User.email).where(User.id.in_(wanted)))
    return {row.id: row.name or row.email for row in rows}


def list_people() -> list[tuple[int, str]]:
    """Who works here now, by name: the people a task can be given to."""
    rows = session().execute(select(User.id, User.name, User.email).where(User.active.is_(True)).order_by(User.name))
    return [(row.id, row.name or row.email) for row in rows]


def _user_ids(actors: Iterable[str]) -> set[int]:
    texts = (actor.removeprefix("user:") for actor in actors if actor.startswith("user:"))
    return {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 16}
