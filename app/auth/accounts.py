"""Knows how the accounts library is bent to the house: what it is given, and what follows when it has news."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from flask import g, redirect, request, session, url_for
from flask_login import user_logged_out
from flask_security import Security
from flask_security.signals import password_changed, password_reset, user_authenticated

from app.audit.services import record
from app.auth import first_run, guards, identity, store
from app.auth.accounts_parts import HousePasswords, OutboxMail, public_url
from app.auth.accounts_settings import SETTINGS
from app.auth.forms import ForgottenForm, NewPasswordForm, OwnPasswordForm, SignInForm
from app.auth.identity import TOKEN
from app.auth.services_sessions import begin_session, end_all_sessions, end_session_of_token, forgive_attempts
from app.db.unit_of_work import unit_of_work
from app.web.addresses import is_own_page
from app.web.filters import request_now
from app.web.origin import ForeignOrigin

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

    from app.auth.models import User
    from config import Settings

log = structlog.stdlib.get_logger("tillpaid.auth")


def install(app: Flask, settings: Settings) -> None:
    """Signs people in and keeps strangers out; after this every route needs a guard."""
    app.config.update({f"SECURITY_{name}": value for name, value in SETTINGS.items()})
    app.config["SECURITY_PASSWORD_SALT"] = settings.secret_key
    for step in (identity.know_person, first_run.redirect_when_empty, guards.enforce, _refuse_foreign_next):
        app.before_request(step)
    app.after_request(identity.keep_seen)
    app.context_processor(identity.describe_person)
    store.install(app)
    security = Security(
        app,
        store.AccountStore(),
        login_form=SignInForm,
        forgot_password_form=ForgottenForm,
        reset_password_form=NewPasswordForm,
        change_password_form=OwnPasswordForm,
        mail_util_cls=OutboxMail,
        password_util_cls=HousePasswords,
    )
    # pages only: no JSON answers, no tokens in headers or addresses
    security.want_json(lambda _request: False)
    security.login_manager.request_loader(lambda _request: None)
    security.login_manager.user_loader(identity.load_person)
    security.mail_context_processor(lambda: {"public_url": public_url})
    user_authenticated.connect(_on_sign_in, app)
    user_logged_out.connect(_on_sign_out, app)
    password_changed.connect(_on_password_changed, app)
    password_reset.connect(_on_password_changed, app)


def _refuse_foreign_next() -> ResponseReturnValue | None:
    """After signing in people land on a page of ours or on the first one."""
    wanted = request.values.get("next", "")
    if request.blueprint != "security" or not wanted or is_own_page(wanted):
        return None
    if request.method == "POST":
        raise ForeignOrigin
    return redirect(url_for("security.login"))


def _on_sign_in(_app: Flask, *, user: User, authn_via: list[str], **_more: object) -> None:
    """A new session row and a new token, whatever the cookie held before."""
    if old := session.pop(TOKEN, None):
        end_session_of_token(old, by=user.actor, now=request_now())
    session[TOKEN] = begin_session(
        user,
        address=request.remote_addr or "",
        device=request.user_agent.string,
        via=",".join(authn_via),
        now=request_now(),
    )
    forgive_attempts(f"sign-in:{user.email}")
    g.actor = user.actor
    log.info("signed in", actor=user.actor)


def _on_sign_out(_app: Flask, *, user: User, **_more: object) -> None:
    """The row ends, so that a copy of the cookie is worth nothing; nothing stays in this one."""
    token, actor = session.get(TOKEN, ""), user.actor
    with unit_of_work():
        end_session_of_token(token, by=actor, now=request_now())
        record("user.signed_out", actor=actor, now=request_now(), object_kind="user", object_id=user.id)
    session.clear()
    log.info("signed out", actor=actor)


def _on_password_changed(_app: Flask, *, user: User, **_more: object) -> None:
    """Signs out everywhere but here."""
    end_all_sessions(user.id, by=user.actor, now=request_now(), besides_token=session.get(TOKEN, ""))
    record("user.password_changed", actor=user.actor, now=request_now(), object_kind="user", object_id=user.id)
