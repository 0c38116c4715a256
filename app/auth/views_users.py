"""Pages on which an administrator looks after people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for

from app.auth.forms import NewPersonForm, PersonForm
from app.auth.guards import get_actor, guard
from app.auth.pages import blueprint
from app.auth.queries import count_live_sessions, get_user, list_live_sessions, list_users
from app.auth.rules import ROLE_LABELS, Permission
from app.auth.services import (
    LastAdmin,
    add_user,
    change_user,
    disable_user,
    enable_user,
    replace_password,
    send_reset_link,
)
from app.auth.services_invitations import invite_user
from app.auth.services_sessions import end_all_sessions
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.kernel.texts import counted
from app.web.filters import request_now
from app.web.lookups import look_up
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug import Response

    from app.auth.models import User


@blueprint.get("/settings/users")
@guard(Permission.USERS_MANAGE)
def users() -> ResponseReturnValue:
    """Everybody who may or might sign in."""
    return render_template(
        "auth/users.html",
        users=list_users(),
        roles=ROLE_LABELS,
        departments=dict(_departments()),
        signed_in=count_live_sessions(request_now()),
    )


@blueprint.route("/settings/users/new", methods=["GET", "POST"])
@guard(Permission.USERS_MANAGE)
def add_person() -> ResponseReturnValue:
    """Somebody new."""
    form = NewPersonForm(departments=_departments())
    if form.validate_on_submit():
        try:
            return _add(form)
        except BadInput as refusal:
            form.refuse(refusal)
    return render_template("auth/add_person.html", form=form), 422 if form.errors else 200


def _add(form: NewPersonForm) -> ResponseReturnValue:
    with unit_of_work():
        user, password = add_user(
            form.email.data,
            form.role.data,
            name=form.name.data,
            department_code=form.department_code.data,
            actor=get_actor(),
            now=request_now(),
        )
        if form.by_mail.data:
            invite_user(user.id, actor=get_actor(), now=request_now())
    if form.by_mail.data:
        flash(f"{user.display_name} may sign in. An invitation is on its way to {user.email}.", "success")
        return redirect(url_for("auth.users"))
    return _show_password(user, password)


@blueprint.route("/settings/users/<int:user_id>", methods=["GET", "POST"])
@guard(Permission.USERS_MANAGE)
def person(user_id: int) -> ResponseReturnValue:
    """Name, role and department of one person, and what else can be done."""
    user = get_user(user_id)
    form = PersonForm(obj=user, departments=_departments(user.department_code))
    if form.validate_on_submit():
        try:
            return _change(user_id, form)
        except LastAdmin as refusal:
            form.refuse(BadInput(str(refusal), field="role"))
        except BadInput as refusal:
            form.refuse(refusal)
    sessions = list_live_sessions(user_id, request_now())
    page = render_template("auth/person.html", form=form, user=user, sessions=sessions, roles=ROLE_LABELS)
    return page, 422 if form.errors else 200


def _change(user_id: int, form: PersonForm) -> Response:
    with unit_of_work():
        change_user(
            user_id,
            name=form.name.data,
            role=form.role.data,
            department_code=form.department_code.data,
            version=read_version(form.version.data),
            actor=get_actor(),
            now=request_now(),
        )
    flash("Saved. A changed role holds from the next sign-in.", "success")
    return redirect(url_for("auth.users"))


@blueprint.post("/settings/users/<int:user_id>/disable")
@guard(Permission.USERS_MANAGE)
def disable_person(user_id: int) -> ResponseReturnValue:
    """Signed out everywhere, and no way in."""
    with unit_of_work():
        user = disable_user(user_id, actor=get_actor(), now=request_now())
    flash(f"{user.display_name} can no longer sign in.", "success")
    return redirect(url_for("auth.person", user_id=user_id))


@blueprint.post("/settings/users/<int:user_id>/enable")
@guard(Permission.USERS_MANAGE)
def enable_person(user_id: int) -> ResponseReturnValue:
    """The way in again."""
    with unit_of_work():
        user = enable_user(user_id, actor=get_actor(), now=request_now())
    flash(f"{user.display_name} can sign in again.", "success")
    return redirect(url_for("auth.person", user_id=user_id))


@blueprint.post("/settings/users/<int:user_id>/sign-out")
@guard(Permission.USERS_MANAGE)
def sign_person_out(user_id: int) -> ResponseReturnValue:
    """Ends all sessions of somebody."""
    with unit_of_work():
        ended = end_all_sessions(get_user(user_id).id, by=get_actor(), now=request_now())
    flash(f"Signed out on {counted(ended, 'device')}.", "success")
    return redirect(url_for("auth.person", user_id=user_id))


@blueprint.post("/settings/users/<int:user_id>/reset-link")
@guard(Permission.USERS_MANAGE)
def mail_reset_link(user_id: int) -> ResponseReturnValue:
    """A mail with which somebody chooses a password."""
    with unit_of_work():
        user = send_reset_link(user_id, actor=get_actor(), now=request_now())
    flash(f"A link to choose a password is on its way to {user.email}.", "success")
    return redirect(url_for("auth.person", user_id=user_id))


@blueprint.post("/settings/users/<int:user_id>/new-password")
@guard(Permission.USERS_MANAGE)
def make_password(user_id: int) -> ResponseReturnValue:
    """A new password, shown once, for somebody whom no mail reaches."""
    with unit_of_work():
        password = replace_password(user_id, actor=get_actor(), now=request_now())
    return _show_password(get_user(user_id), password)


def _show_password(user: User, password: str) -> ResponseReturnValue:
    """Not after a redirect: the password is in this answer and nowhere else."""
    return render_template("auth/password_once.html", user=user, password=password)


def _departments(present: str | None = None) -> list[tuple[str, str]]:
    """Code and name of each department; the present one stays a choice even when it is not used any more."""
    found: list[tuple[str, str]] = look_up("departments", [])
    missing = present and present not in {code for code, _ in found}
    return [*found, *([(present, present)] if present and missing else [])]
