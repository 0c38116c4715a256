"""The forms with which people sign in and look after their account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from flask import after_this_request, request, session
from flask_login import current_user
from flask_security.forms import ChangePasswordForm, ForgotPasswordForm, LoginForm, ResetPasswordForm
from flask_security.utils import hash_password
from werkzeug import Response
from wtforms import BooleanField, EmailField, Form, HiddenField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, EqualTo, Length, ValidationError

from app.auth.rules import ROLE_LABELS, Role
from app.auth.services_sessions import count_sign_in
from app.auth.store import begin_work
from app.db.unit_of_work import unit_of_work
from app.web.errors import TooManyAttempts
from app.web.filters import request_now
from app.web.forms import BaseForm

log = structlog.stdlib.get_logger("tillpaid.auth")
LONGEST_TYPED = 1_000


class SignInForm(LoginForm):
    """E-mail and password. Every attempt counts before the password is looked at."""

    remember = None  # a session ends by the rules of the house, not by a cookie that stays

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.password.description = ""  # the page has its own link for who forgot it

    def validate(self, **kwargs: Any) -> bool:
        if self.email.data:
            throttle("sign-in", self.email.data)
        if len(self.password.data or "") > LONGEST_TYPED or not super().validate(**kwargs):
            log.warning("sign-in refused")
            return refuse_form(self)
        # nothing of before is carried into the session of somebody
        session.clear()
        begin_work()
        return bool(self.user and self.user.active) or refuse_form(self)


class ForgottenForm(ForgotPasswordForm):
    """An e-mail address. The answer is the same whether somebody has it or not, and takes as long."""

    def validate(self, **kwargs: Any) -> bool:
        if self.email.data:
            throttle("reset", self.email.data)
        if not super().validate(**kwargs):
            return False
        hash_password("as long as for an unknown address")
        begin_work()
        return True


class NewPasswordForm(ResetPasswordForm):
    """A new password, reached by the link in a mail."""

    def validate(self, **kwargs: Any) -> bool:
        if not super().validate(**kwargs):
            return refuse_form(self)
        begin_work()
        return True


class OwnPasswordForm(ChangePasswordForm):
    """The present password and a new one. The present one is throttled like a sign-in."""

    def validate(self, **kwargs: Any) -> bool:
        throttle("sign-in", current_user.email)
        if len(self.password.data or "") > LONGEST_TYPED or not super().validate(**kwargs):
            return refuse_form(self)
        begin_work()
        return True


def throttle(kind: str, account: str) -> None:
    """Counts an attempt, in a unit of work of its own that stays whatever comes; raises TooManyAttempts."""
    with unit_of_work():
        seconds = count_sign_in(f"{kind}:{account.strip().lower()}", request.remote_addr or "", now=request_now())
    if seconds:
        log.warning("throttled", kind=kind)
        raise TooManyAttempts(seconds=seconds)


def refuse_form(form: Form) -> bool:
    """The page is shown again with its errors, as 422; the library's lazy texts become plain ones."""
    for field in form:
        field.errors = [str(error) for error in field.errors]

    @after_this_request
    def _unprocessable(response: Response) -> Response:
        response.status_code = 422
        return response

    return False


class FirstRunForm(BaseForm):
    """Who makes the first administrator proves to have the machine by its set-up code."""

    code = StringField("Set-up code", validators=[DataRequired(), Length(max=60)])
    email = EmailField("E-mail address", validators=[DataRequired(), Length(max=254)])
    name = StringField("Your name", validators=[DataRequired(), Length(max=120)])
    password = PasswordField("Password", validators=[DataRequired(), Length(max=LONGEST_TYPED)])
    password_again = PasswordField(
        "The same again", validators=[DataRequired(), EqualTo("password", "The two passwords are not the same.")]
    )


class ProfileForm(BaseForm):
    """One's own name."""

    name = StringField("Name", validators=[DataRequired(), Length(max=120)])


class PersonForm(BaseForm):
    """What an administrator says about somebody. Departments are asked for where the form is shown."""

    name = StringField("Name", validators=[DataRequired(), Length(max=120)])
    role = SelectField(
        "Role",
        choices=[SelectChoice(role.value, label) for role, label in ROLE_LABELS.items()],
        default=Role.CLERK.value,
    )
    department_code = SelectField("Department", default="")
    version = HiddenField(default="1")

    def __init__(self, *args: Any, departments: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.department_code.choices = [
            SelectChoice("", "none"),
            *(SelectChoice(code, name) for code, name in departments),
        ]

    def validate_department_code(self, field: SelectField) -> None:
        """A department member without one would see no task at all."""
        if self.role.data == Role.MEMBER.value and not field.data:
            raise ValidationError("Choose the department whose tasks they see.")


class NewPersonForm(PersonForm):
    """Somebody new: with a password made here, or with a link to choose one."""

    email = EmailField("E-mail address", validators=[DataRequired(), Length(max=254)])
    by_mail = BooleanField(
        "Mail an invitation to choose a password (otherwise one is made and shown once)", default=True
    )
