"""Reads people, their sessions and their attempts to sign in."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.auth.models import User, UserSession
from app.auth.rules import Role
from app.auth.rules_sign_in import IDLE_LIMIT, LIFE_LIMIT
from app.db.base import session
from app.kernel.errors import NotFound


class UserNotFound(NotFound):
    """There is no such person."""


def get_user(user_id: int, *, lock: bool = False) -> User:
    """The person, or UserNotFound; `lock` for a change in a unit of work."""
    found = session().get(User, user_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise UserNotFound
    return found


def find_user(email: str) -> User | None:
    return session().scalar(select(User).where(User.email == normalize_email(email)))


def get_user_by_email(email: str) -> User:
    """The person with this address, or UserNotFound."""
    found = find_user(email)
    if found is None:
        raise UserNotFound
    return found


def normalize_email(email: str) -> str:
    """One spelling: addresses are compared without regard to case and surrounding spaces."""
    return email.strip().lower()


def list_users() -> Sequence[User]:
    """Everybody, those who may sign in first, by name."""
    return session().scalars(select(User).order_by(User.active.desc(), User.name, User.email)).all()


def has_users() -> bool:
    """Whether anybody exists yet; before that only the first-run page answers."""
    return session().scalar(select(User.id).limit(1)) is not None


def count_active_admins(*, besides: int, lock: bool = False) -> int:
    """Active administrators other than this one. `lock` makes two who leave at once see each other."""
    admins = select(User.id).where(User.role == Role.ADMIN, User.active.is_(True))
    if lock:
        admins = admins.order_by(User.id).with_for_update()
    return sum(user_id != besides for user_id in session().scalars(admins))


def find_live_session(token_digest: str, now: datetime) -> UserSession | None:
    """The session behind a cookie, with its person, unless it ended, was idle too long or is too old."""
    statement = (
        select(UserSession)
        .options(joinedload(UserSession.user, innerjoin=True))
        .where(UserSession.token_digest == token_digest, UserSession.ended_at.is_(None))
        .where(UserSession.last_seen_at > now - IDLE_LIMIT, UserSession.created_at > now - LIFE_LIMIT)
    )
    return session().scalar(statement)


def list_live_sessions(user_id: int, now: datetime) -> Sequence[UserSession]:
    """Where the person is signed in, the latest used first."""
    statement = (
        select(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        .where(UserSession.last_seen_at > now - IDLE_LIMIT, UserSession.created_at > now - LIFE_LIMIT)
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
        .limit(50)
    )
    return session().scalars(statement).all()


def count_live_sessions(now: datetime) -> dict[int, int]:
    """How many places each person is signed in at."""
    statement = (
        select(UserSession.user_id, func.count())
        .where(UserSession.ended_at.is_(None))
        .where(UserSession.last_seen_at > now - IDLE_LIMIT, UserSession.created_at > now - LIFE_LIMIT)
        .group_by(UserSession.user_id)
    )
    return {row[0]: row[1] for row in session().execute(statement)}
