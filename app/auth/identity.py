"""Knows who asks: the person behind the cookie of a request, and what pages say about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from flask import g, request, session
from flask_login import current_user
from flask_security.utils import set_request_attr
from sqlalchemy.exc import DBAPIError

from app.auth import guards
from app.auth.queries import find_live_session
from app.auth.rules import ROLE_LABELS
from app.auth.rules_sign_in import SEEN_STEP
from app.auth.services_sessions import digest, mark_seen
from app.db.unit_of_work import unit_of_work
from app.web.filters import request_now

if TYPE_CHECKING:
    from werkzeug import Response

    from app.auth.models import User

log = structlog.stdlib.get_logger("tillpaid.auth")
TOKEN = "sid"  # noqa: S105 - the name of an entry of the cookie


def here() -> str:
    """The digest of this browser's own session token."""
    return digest(str(session.get(TOKEN, "")))


def load_person(uniquifier: str) -> User | None:
    """The person behind the cookie, while the session lives, the account is active and the password the same."""
    found = find_live_session(here(), request_now())
    if found is None or not found.user.active or found.user.fs_uniquifier != uniquifier:
        return None
    g.user_session = (found.id, found.last_seen_at)
    set_request_attr("fs_authn_via", "session")
    return found.user


def know_person() -> None:
    """Who asks, for guards, log, templates and services; a static file needs nobody."""
    if request.endpoint == "static":
        return
    if current_user.is_authenticated:
        g.actor = current_user.actor
        g.may = guards.may_current


def keep_seen(response: Response) -> Response:
    """Keeps `last seen` fresh to the minute; a busy database may skip it."""
    session_id, last_seen_at = g.get("user_session", (None, None))
    if session_id is None or request_now() - last_seen_at < SEEN_STEP:
        return response
    try:
        with unit_of_work():
            mark_seen(session_id, now=request_now())
    except DBAPIError as error:
        log.warning("last seen not kept", error=type(error).__name__)
    return response


def describe_person() -> dict[str, Any]:
    person = None
    if g.get("may") is not None:
        person = PersonShown(current_user)
    return {"current_person": person, "may": guards.may_current, "account_url": "/me", "sign_out_url": "/logout"}


class PersonShown:
    """What the frame of a page says about who is signed in."""

    def __init__(self, user: User) -> None:
        self.id = user.id
        self.name = user.display_name
        self.role = ROLE_LABELS[user.role]
        self.department_code = user.department_code
        words = [word for word in user.display_name.split() if word]
        self.initials = "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
