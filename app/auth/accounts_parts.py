"""Knows our parts in place of the accounts library's own: rules for passwords, addresses, and mails into the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_security.mail_util import EmailValidateException, MailUtil
from flask_security.password_util import PasswordUtil

from app.auth.rules_passwords import find_weakness, normalize_password
from app.auth.services import EmailUnreadable, check_email
from app.outbox.services import NewMessage, enqueue
from app.web.filters import request_now

if TYPE_CHECKING:
    from app.auth.models import User


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
