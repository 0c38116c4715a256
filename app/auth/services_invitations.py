"""Invites people: a mail of its own, with a link that is good for three days or until a password was chosen."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from flask import current_app, render_template
from itsdangerous import BadData, URLSafeSerializer

from app.audit.services import record
from app.auth.accounts_parts import public_url
from app.auth.models import User
from app.auth.names import name_actors
from app.auth.queries import get_user
from app.db.base import session
from app.outbox.services import NewMessage, enqueue

LIFE = timedelta(days=3)
SUBJECT = "You can sign in to Tillpaid"


def invite_user(user_id: int, *, actor: str, now: datetime) -> User:
    """Mails somebody who was just added who added them, and a link with which they choose a password."""
    user = get_user(user_id, lock=True)
    text = render_template(
        "mail/invitation.txt",
        user=user,
        inviter=name_actors([actor])[actor],
        link=public_url(f"/invitation/{make_token(user, now)}"),
        sign_in=public_url("/login"),
        until=now + LIFE,
    )
    message = NewMessage(
        kind="invitation",
        object_kind="user",
        object_id=user.id,
        period=now.isoformat(timespec="microseconds"),
        recipient=user.email,
        recipient_name=user.display_name,
        subject=SUBJECT,
        body_text=text,
    )
    enqueue(message, now=now)
    record("user.invited", actor=actor, now=now, object_kind="user", object_id=user.id)
    return user


def make_token(user: User, now: datetime) -> str:
    """What the link carries: who, until when, and a digest that a chosen password changes."""
    return str(_serializer().dumps([user.id, int((now + LIFE).timestamp()), _digest(user)]))


def find_invited(token: str, *, now: datetime) -> User | None:
    """Who comes by this link; None when it is over, used or not ours."""
    try:
        user_id, until, digest = _serializer().loads(token)
    except (BadData, ValueError, TypeError):
        return None
    user = session().get(User, user_id)
    if user is None or not user.active or now > datetime.fromtimestamp(until, UTC):
        return None
    return user if hmac.compare_digest(digest, _digest(user)) else None


def _digest(user: User) -> str:
    return hashlib.sha256(f"{user.fs_uniquifier}:{user.password}".encode()).hexdigest()


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="invitation")
