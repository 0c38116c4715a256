"""Changes where people are signed in, and counts how often somebody tries."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, update

from app.audit.services import record
from app.auth.models import SignInThrottle, User, UserSession
from app.auth.rules_sign_in import MOST_PER_ACCOUNT, MOST_PER_ADDRESS, WINDOW, count_attempt
from app.db.base import session
from app.db.statements import insert_once
from app.kernel.errors import NotFound

LONGEST_DEVICE = 200
SESSION_MEMORY = timedelta(days=30)


class SessionNotFound(NotFound):
    """You are not signed in there any more."""


def digest(value: str) -> str:
    """What is kept of a token or an address: nothing that can be turned back without the secret key."""
    return hmac.new(str(current_app.secret_key).encode(), value.encode(), hashlib.sha256).hexdigest()


def begin_session(user: User, *, address: str, device: str, via: str, now: datetime) -> str:
    """Signs a person in on a device; returns the token for the cookie, which is kept nowhere here."""
    token = secrets.token_urlsafe(32)
    session().add(
        UserSession(
            user_id=user.id,
            token_digest=digest(token),
            created_at=now,
            last_seen_at=now,
            address_digest=digest(address),
            device=device[:LONGEST_DEVICE],
        )
    )
    user.last_sign_in_at = now
    record("user.signed_in", actor=user.actor, now=now, object_kind="user", object_id=user.id, via=via)
    return token


def end_session(session_id: int, *, user_id: int, by: str, now: datetime) -> None:
    """Signs a person out on one device; SessionNotFound when it is not theirs."""
    found = session().get(UserSession, session_id)
    if found is None or found.user_id != user_id:
        raise SessionNotFound
    if found.ended_at is None:
        found.ended_at, found.ended_by = now, by
        record("user.session_ended", actor=by, now=now, object_kind="user", object_id=user_id)


def end_session_of_token(token: str, *, by: str, now: datetime) -> None:
    session().execute(
        update(UserSession)
        .where(UserSession.token_digest == digest(token), UserSession.ended_at.is_(None))
        .values(ended_at=now, ended_by=by)
    )


def end_all_sessions(user_id: int, *, by: str, now: datetime, besides_token: str = "") -> int:
    """Signs a person out everywhere, except where this token is; returns how many sessions ended."""
    statement = (
        update(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        .values(ended_at=now, ended_by=by)
    )
    if besides_token:
        statement = statement.where(UserSession.token_digest != digest(besides_token))
    return int(session().execute(statement).rowcount)  # type: ignore[attr-defined]


def mark_seen(session_id: int, *, now: datetime) -> None:
    session().execute(update(UserSession).where(UserSession.id == session_id).values(last_seen_at=now))


def count_sign_in(account: str, address: str, *, now: datetime) -> int:
    """Counts one attempt for the account and for the address; returns the seconds to wait, 0 when allowed."""
    waits = [
        _count(f"address:{digest(address)}", MOST_PER_ADDRESS, now),
        _count(f"account:{digest(account)}", MOST_PER_ACCOUNT, now),
    ]
    return max(waits)


def forgive_attempts(account: str) -> None:
    """After a successful sign-in the account starts afresh."""
    session().execute(delete(SignInThrottle).where(SignInThrottle.key == f"account:{digest(account)}"))


def forget_old_attempts(now: datetime) -> int:
    """Removes what no longer counts; returns how many rows."""
    statement = delete(SignInThrottle).where(SignInThrottle.updated_at < now - WINDOW)
    return int(session().execute(statement).rowcount)  # type: ignore[attr-defined]


def forget_old_sessions(now: datetime) -> int:
    """Removes sessions nobody used for a month; returns how many. The trail keeps that somebody signed in."""
    statement = delete(UserSession).where(UserSession.last_seen_at < now - SESSION_MEMORY)
    return int(session().execute(statement).rowcount)  # type: ignore[attr-defined]


def _count(key: str, most: int, now: datetime) -> int:
    row = lock_throttle(key, now)
    past = [datetime.fromisoformat(instant) for instant in row.attempts]
    recent, wait = count_attempt(past, now, most=most)
    row.attempts = [instant.isoformat() for instant in recent]
    row.updated_at = now
    return wait


def lock_throttle(key: str, now: datetime) -> SignInThrottle:
    """The row of the key, made when it is new, locked until the unit of work ends."""
    insert_once(SignInThrottle, {"key": key, "attempts": [], "updated_at": now})
    return session().get_one(SignInThrottle, key, with_for_update=True, populate_existing=True)
