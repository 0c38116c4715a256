"""Knows how the accounts library is bent to the house: settings, forms, mails, and what follows from its news."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from flask import current_app, g, request, session
from flask_login import current_user
from flask_security import Security
from flask_security.mail_util import EmailValidateException, MailUtil
from flask_security.password_util import PasswordUtil
from flask_security.signals import password_changed, password_reset, user_authenticated
from flask_security.utils import set_request_attr
from sqlalchemy.exc import DBAPIError

from app.audit.services import record
from app.auth import first_run, guards, store
from app.auth.forms import ForgottenForm, NewPasswordForm, OwnPasswordForm, SignInForm
from app.auth.queries import find_live_session
from app.auth.rules import ROLE_LABELS
from app.auth.rules_passwords import find_weakness, normalize_password
from app.auth.rules_sign_in import SEEN_STEP
from app.auth.services import EmailUnreadable, check_email
from app.auth.services_sessions import (
    begin_session,
    digest,
    end_all_sessions,
    end_session_of_token,
    forgive_attempts,
    mark_seen,
)
from app.db.unit_of_work import unit_of_work
from app.outbox.services import NewMessage, enqueue
from app.web.filters import request_now

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug import Response

    from app.auth.models import User
    from config import Settings

log = structlog.stdlib.get_logger("tillpaid.auth")
TOKEN = "sid"  # noqa: S105 - the name of an entry of the cookie
RESET_LINK_LIFE = timedelta(hours=1)

SETTINGS: dict[str, object] = {
    "LOGIN_URL": "/login",
    "LOGOUT_URL": "/logout",
    "LOGOUT_METHODS": ["POST"],
    "CHANGE_URL": "/change-password",
    "RESET_URL": "/reset-password",
    "POST_LOGIN_VIEW": "/",
    "POST_LOGOUT_VIEW": "security.login",
    "POST_CHANGE_VIEW": "auth.me",
    "POST_RESET_VIEW": "security.login",
    "LOGIN_USER_TEMPLATE": "auth/sign_in.html",
    "FORGOT_PASSWORD_TEMPLATE": "auth/forgotten.html",
    "RESET_PASSWORD_TEMPLATE": "auth/new_password.html",
    "CHANGE_PASSWORD_TEMPLATE": "auth/change_password.html",
    "EMAIL_TEMPLATE_PASSWORD_RESET": "mail/password_reset",
    "EMAIL_TEMPLATE_PASSWORD_RESET_NOTICE": "mail/password_changed",
    "EMAIL_TEMPLATE_PASSWORD_CHANGE_NOTICE": "mail/password_changed",
    "EMAIL_SUBJECT_PASSWORD_RESET": "Choose a new password",
    "EMAIL_SUBJECT_PASSWORD_NOTICE": "Your password was changed",
    "EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": "Your password was changed",
    "EMAIL_HTML": False,
    "CHANGEABLE": True,
    "RECOVERABLE": True,
    "RESET_PASSWORD_WITHIN": RESET_LINK_LIFE,
    "RETURN_GENERIC_RESPONSES": True,
    "API_ENABLED_METHODS": ["session"],
    "STATIC_FOLDER": None,
    "FRESHNESS": timedelta(minutes=-1),  # asking for the password again comes with the second factor
    "CLI_USERS_NAME": None,
    "CLI_ROLES_NAME": None,
    "PASSWORD_SCHEMES": ["argon2"],
    "PASSWORD_SINGLE_HASH": ["argon2"],
    "PASSWORD_NORMALIZE_FORM": "NFKC",
    # argon2id: 19 MiB, two passes, one lane (OWASP); the library's 64 MiB would be a way to exhaust memory
    "PASSWORD_HASH_PASSLIB_OPTIONS": {
        "argon2__type": "ID",
        "argon2__memory_cost": 19_456,
        "argon2__time_cost": 2,
        "argon2__parallelism": 1,
    },
    "MSG_GENERIC_AUTHN_FAILED": ("This e-mail address and password do not belong together.", "error"),
    "MSG_GENERIC_RECOVERY": ("If this address belongs to somebody here, a mail is on its way.", "info"),
    "MSG_PASSWORD_RESET_REQUEST": ("If this address belongs to somebody here, a mail is on its way.", "info"),
    "MSG_PASSWORD_RESET_EXPIRED": ("This link is older than an hour. Ask for a new one.", "error"),
    "MSG_INVALID_RESET_PASSWORD_TOKEN": ("This link was used already or is not whole. Ask for a new one.", "error"),
    "MSG_PASSWORD_RESET_NO_LOGIN": ("Your password is changed. Sign in with the new one.", "success"),
    "MSG_PASSWORD_CHANGE": ("Your password is changed, and you are signed out everywhere else.", "success"),
    "MSG_PASSWORD_IS_THE_SAME": ("Choose a password other than the present one.", "error"),
    "MSG_RETYPE_PASSWORD_MISMATCH": ("The two are not the same. Type the new password twice.", "error"),
    "MSG_INVALID_PASSWORD": ("This is not your present password.", "error"),
    "MSG_EMAIL_NOT_PROVIDED": ("Type your e-mail address.", "error"),
    "MSG_INVALID_EMAIL_ADDRESS": ("Write an e-mail address like ada@example.com.", "error"),
    "MSG_PASSWORD_NOT_PROVIDED": ("Type a password.", "error"),
}


def install(app: Flask, settings: Settings) -> None:
    """Signs people in and keeps strangers out; after this every route needs a guard."""
    app.config.update({f"SECURITY_{name}": value for name, value in SETTINGS.items()})
    app.config["SECURITY_PASSWORD_SALT"] = settings.secret_key
    app.before_request(_know_person)
    app.before_request(first_run.redirect_when_empty)
    app.before_request(guards.enforce)
    app.after_request(_mark_seen)
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
    security.login_manager.user_loader(_load_person)
    security.mail_context_processor(lambda: {"public_url": public_url})
    app.context_processor(_describe_person)
    user_authenticated.connect(_on_sign_in, app)
    password_changed.connect(_on_password_changed, app)
    password_reset.connect(_on_password_changed, app)


def _load_person(uniquifier: str) -> User | None:
    """The person behind the cookie, while the session lives, the account is active and the password the same."""
    found = find_live_session(digest(str(session.get(TOKEN, ""))), request_now())
    if found is None or not found.user.active or found.user.fs_uniquifier != uniquifier:
        return None
    g.user_session = (found.id, found.last_seen_at)
    set_request_attr("fs_authn_via", "session")
    return found.user


def _know_person() -> None:
    """Who asks, for guards, log, templates and services; a static file needs nobody."""
    if request.endpoint == "static":
        return
    if current_user.is_authenticated:
        g.actor = current_user.actor
        g.may = guards.may_current


def _mark_seen(response: Response) -> Response:
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


def _describe_person() -> dict[str, Any]:
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


def _on_password_changed(_app: Flask, *, user: User, **_more: object) -> None:
    """Signs out everywhere but here."""
    end_all_sessions(user.id, by=user.actor, now=request_now(), besides_token=session.get(TOKEN, ""))
    record("user.password_changed", actor=user.actor, now=request_now(), object_kind="user", object_id=user.id)


class HousePasswords(PasswordUtil):
    """Our rules for passwords in place of the library's."""

    def normalize(self, password: str) -> str:
        return normalize_password(password)

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        user = kwargs.get("user")
        weakness = find_weakness(password, email=getattr(user, "email", ""), name=getattr(user, "name", ""))
        return ([weakness] if weakness else None), normalize_password(password)


class OutboxMail(MailUtil):
    """The library's mails go into our outbox, in the unit of work of the change they tell about."""

    def normalize(self, email: str) -> str:
        try:
            return check_email(email)
        except EmailUnreadable as unreadable:
            raise EmailValidateException(str(unreadable)) from None

    validate = normalize

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: Any,
        sender: Any,
        body: str | None,
        html: str | None,
        **context: Any,
    ) -> None:
        user: User = context["user"]
        enqueue(
            NewMessage(
                kind=template.rpartition("/")[2],
                object_kind="user",
                object_id=user.id,
                period=request_now().isoformat(timespec="microseconds"),
                recipient=str(recipient),
                recipient_name=user.display_name,
                subject=subject,
                body_text=body or "",
            ),
            now=request_now(),
        )


def public_url(path: str) -> str:
    """An address for a mail: always from the settings, never from what the request says its host is."""
    base: str = current_app.extensions["tillpaid_settings"].public_base_url
    return base.rstrip("/") + path
