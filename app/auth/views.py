"""Pages of the auth wing: the first run, one's own account, and the health check of a load balancer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, current_app, flash, jsonify, redirect, render_template, session, url_for
from flask_login import current_user
from flask_security.recoverable import generate_reset_password_token
from flask_security.utils import login_user
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.auth import first_run as setup
from app.auth import views_absence, views_users  # noqa: F401 - they add their routes to the blueprint
from app.auth.forms import FirstRunForm, ProfileForm, throttle
from app.auth.guards import get_actor, public, signed_in
from app.auth.identity import TOKEN, here
from app.auth.pages import blueprint
from app.auth.queries import has_users, list_live_sessions
from app.auth.services import add_first_admin, rename_user
from app.auth.services_invitations import find_invited
from app.auth.services_sessions import end_all_sessions, end_session
from app.db.base import session as database
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.kernel.texts import counted
from app.web.filters import request_now

if TYPE_CHECKING:
    from pathlib import Path

    from flask.typing import ResponseReturnValue


__all__ = ["blueprint"]


@blueprint.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """For a load balancer: whether the database answers."""
    try:
        database().execute(text("SELECT 1"))
    except SQLAlchemyError:
        return jsonify(status="down"), 503
    return jsonify(status="ok")


@blueprint.route("/first-run", methods=["GET", "POST"])
@public
def first_run() -> ResponseReturnValue:
    """Step 1 of 2: the first administrator. Closed for ever once anybody exists."""
    if has_users():
        abort(404)
    form = FirstRunForm()
    setup.ensure_setup_code(_instance_dir())
    if form.validate_on_submit():
        try:
            return _make_first_admin(form)
        except BadInput as refusal:
            form.refuse(refusal)
    page = render_template("auth/first_run.html", form=form, code_file=setup.find_code_file(_instance_dir()))
    return page, 422 if form.errors else 200


@blueprint.get("/invitation/<token>")
@public
def accept_invitation(token: str) -> ResponseReturnValue:
    """From the mail of an invitation to the page on which a password is chosen."""
    user = find_invited(token, now=request_now())
    if user is None:
        flash("This invitation was used already, or is older than three days. Ask for a new link here.", "error")
        return redirect(url_for("security.forgot_password"))
    return redirect(url_for("security.reset_password", token=generate_reset_password_token(user)))


def _make_first_admin(form: FirstRunForm) -> ResponseReturnValue:
    throttle("first-run", "")
    setup.check_setup_code(_instance_dir(), form.code.data)
    with unit_of_work():
        user = add_first_admin(form.email.data, name=form.name.data, password=form.password.data, now=request_now())
        session.clear()
        login_user(user, authn_via=["first-run"])
    setup.drop_setup_code(_instance_dir())
    flash("You are signed in. Now tell which company Tillpaid works for.", "success")
    return redirect(_company_page())


def _company_page() -> str:
    has_page = "company.edit" in current_app.view_functions
    return url_for("company.edit") if has_page else "/settings/company"


def _instance_dir() -> Path:
    folder: Path = current_app.extensions["tillpaid_settings"].instance_dir
    return folder


@blueprint.route("/me", methods=["GET", "POST"])
@signed_in
def me() -> ResponseReturnValue:
    """One's own name, and where one is signed in."""
    form = ProfileForm(name=current_user.name)
    if form.validate_on_submit():
        with unit_of_work():
            rename_user(current_user.id, name=form.name.data, actor=get_actor(), now=request_now())
        flash("Your name is saved.", "success")
        return redirect(url_for("auth.me"))
    sessions = list_live_sessions(current_user.id, request_now())
    return render_template("auth/me.html", form=form, sessions=sessions, here=here()), 422 if form.errors else 200


@blueprint.post("/me/sessions/<int:session_id>/end")
@signed_in
def end_own_session(session_id: int) -> ResponseReturnValue:
    """Signs out on one other device."""
    with unit_of_work():
        end_session(session_id, user_id=current_user.id, by=get_actor(), now=request_now())
    flash("You are signed out there.", "success")
    return redirect(url_for("auth.me"))


@blueprint.post("/me/sessions/end-others")
@signed_in
def end_other_sessions() -> ResponseReturnValue:
    """Signs out everywhere but here."""
    with unit_of_work():
        ended = end_all_sessions(
            current_user.id, by=get_actor(), now=request_now(), besides_token=session.get(TOKEN, "")
        )
    flash(f"You are signed out on {counted(ended, 'other device')}.", "success")
    return redirect(url_for("auth.me"))
