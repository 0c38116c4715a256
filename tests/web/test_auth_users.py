"""Administrators look after people: add, change, disable, and never lock everybody out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.auth import services_invitations as invitations
from app.auth.models import User, UserSession
from app.auth.rules import Role
from app.db.base import session
from app.outbox.models import Message
from tests.factories import PASSWORD, make_company, make_user, send_csrf_token, sign_in


def in_app(client, work):
    with client.application.app_context():
        return work()


def read_user(client, user_id):
    def read():
        user = session().get_one(User, user_id)
        return {name: getattr(user, name) for name in ("email", "name", "role", "department_code", "active", "version")}

    return in_app(client, read)


def person_form(**changes):
    return {"name": "Ada Byron", "role": "clerk", "department_code": "", "version": "1", **changes}


def try_password(client, email, password):
    browser = client.application.test_client()
    send_csrf_token(browser)
    return browser.post("/login", data={"email": email, "password": password}).status_code


@pytest.mark.parametrize("role", ["clerk", "member", "finance", "manager"])
def test_only_administrators_see_people(client, role):
    sign_in(client, role)
    answer = client.get("/settings/users")
    assert answer.status_code == 403
    assert "users.manage" in answer.text
    assert "Administrator" in answer.text


def test_the_list_names_everybody_and_marks_who_is_disabled(client):
    sign_in(client, "admin")
    make_user(client.application, "finance", email="bob@tillpaid.test", name="Bob Fin")
    page = client.get("/settings/users").text
    assert "Bob Fin" in page
    assert "bob@tillpaid.test" in page
    assert "2 may sign in" in page


def test_somebody_is_added_with_a_password_shown_once(client):
    sign_in(client, "admin")
    answer = client.post("/settings/users/new", data=person_form(email="ada@tillpaid.test", role="finance"))
    assert answer.status_code == 200
    password = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", answer.text).group()
    assert try_password(client, "ada@tillpaid.test", password) == 302
    assert password not in client.get("/settings/users").text
    assert answer.headers["Cache-Control"] == "no-store"


def test_somebody_is_added_with_a_link_by_mail(client):
    sign_in(client, "admin")
    answer = client.post("/settings/users/new", data=person_form(email="ada@tillpaid.test", by_mail="y"))
    assert answer.location == "/settings/users"
    message = in_app(client, lambda: session().scalars(select(Message)).one())
    assert (message.kind, message.subject) == ("invitation", "You can sign in to Tillpaid")
    assert "added you" in message.body_text
    assert "new password" not in message.body_text
    invitation = re.search(r"http://tillpaid\.test(/invitation/\S+)", message.body_text).group(1)
    browser = client.application.test_client()
    send_csrf_token(browser)
    new = "quiet rivers carry boats"
    link = browser.get(invitation).location
    assert browser.get(link).status_code == 200
    assert browser.post(link, data={"password": new, "password_confirm": new}).location == "/login"
    assert try_password(client, "ada@tillpaid.test", new) == 302
    assert browser.get(invitation).location == "/reset-password"


@pytest.mark.parametrize(
    ("after", "works"),
    [(timedelta(0), True), (timedelta(days=2, hours=23), True), (timedelta(days=3, minutes=1), False)],
)
def test_an_invitation_is_good_for_three_days(client, now, after, works):
    user_id = make_user(client.application, "clerk")

    def find():
        token = invitations.make_token(session().get_one(User, user_id), now)
        return invitations.find_invited(token, now=now + after) is not None

    assert in_app(client, find) is works


@pytest.mark.parametrize("token", ["x", "WzFd.x"])
def test_what_is_no_invitation_leads_to_a_new_link(client, token):
    make_user(client.application)
    assert client.get(f"/invitation/{token}").location == "/reset-password"


def test_a_disabled_person_is_not_invited_any_more(client, now):
    user_id = make_user(client.application, "clerk")

    def find():
        user = session().get_one(User, user_id)
        token = invitations.make_token(user, now)
        user.active = False
        return invitations.find_invited(token, now=now)

    assert in_app(client, find) is None


def test_a_department_member_needs_a_department(client):
    with client.application.app_context():
        make_company()
    sign_in(client, "admin")
    form = person_form(email="ada@tillpaid.test", role="member")
    refused = client.post("/settings/users/new", data=form)
    assert (refused.status_code, "Choose the department" in refused.text) == (422, True)
    assert client.post("/settings/users/new", data=form | {"department_code": "qa"}).status_code == 200
    user_id = make_user(client.application, "clerk")
    refused = client.post(f"/settings/users/{user_id}", data=person_form(role="member"))
    assert (refused.status_code, "Choose the department" in refused.text) == (422, True)


REFUSED = [
    ({"email": "no address"}, "Write an e-mail address"),
    ({"email": "ADA@tillpaid.test "}, "belongs to somebody already"),
    ({"email": ""}, "required"),
    ({"role": "emperor"}, "Choose one of the list"),
    ({"name": "  "}, "required"),
    ({"name": "x" * 121}, "120"),
    ({"name": "Ada\x07"}, "cannot be printed"),
    ({"department_code": "nowhere"}, "Choose one of the list"),
]


@pytest.mark.parametrize(("change", "reason"), REFUSED)
def test_what_cannot_be_added_is_said_at_its_field(client, change, reason):
    sign_in(client, "admin")
    make_user(client.application, email="ada@tillpaid.test")
    answer = client.post("/settings/users/new", data=person_form(**{"email": "new@tillpaid.test", **change}))
    assert answer.status_code == 422
    assert reason in answer.text
    assert in_app(client, lambda: len(session().scalars(select(User)).all())) == 2


def test_fields_that_are_not_on_the_form_change_nothing(client):
    sign_in(client, "admin")
    user_id = make_user(client.application, "clerk", email="ada@tillpaid.test")
    extra = {"email": "eve@tillpaid.test", "active": "", "password": "x", "fs_uniquifier": "x", "id": "99"}
    assert client.post(f"/settings/users/{user_id}", data=person_form(**extra)).status_code == 302
    assert read_user(client, user_id)["email"] == "ada@tillpaid.test"
    assert try_password(client, "ada@tillpaid.test", PASSWORD) == 302


def test_a_changed_role_signs_out_at_once(client):
    user_id = make_user(client.application, "finance")
    other = client.application.test_client()
    sign_in(other, user_id=user_id)
    sign_in(client, "admin")
    assert other.get("/me").status_code == 200
    client.post(f"/settings/users/{user_id}", data=person_form(role="manager"))
    assert read_user(client, user_id)["role"] is Role.MANAGER
    assert other.get("/me").location.startswith("/login")


def test_a_change_on_top_of_somebody_elses_is_refused(client):
    sign_in(client, "admin")
    user_id = make_user(client.application, "clerk")
    client.post(f"/settings/users/{user_id}", data=person_form(name="First"))
    answer = client.post(f"/settings/users/{user_id}", data=person_form(name="Second"))
    assert answer.status_code == 409
    assert read_user(client, user_id)["name"] == "First"


def test_disabling_signs_out_and_keeps_out(client):
    user_id = make_user(client.application, "clerk", email="ada@tillpaid.test")
    other = client.application.test_client()
    sign_in(other, user_id=user_id)
    sign_in(client, "admin")
    client.post(f"/settings/users/{user_id}/disable")
    assert other.get("/me").location.startswith("/login")
    assert try_password(client, "ada@tillpaid.test", PASSWORD) == 422
    client.post(f"/settings/users/{user_id}/enable")
    assert try_password(client, "ada@tillpaid.test", PASSWORD) == 302


def test_nobody_disables_themselves(client):
    own = sign_in(client, "admin")
    make_user(client.application, "admin")
    assert client.post(f"/settings/users/{own}/disable").status_code == 409
    assert read_user(client, own)["active"]


def test_the_last_administrator_stays_one(client):
    own = sign_in(client, "admin")
    answer = client.post(f"/settings/users/{own}", data=person_form(role="clerk"))
    assert answer.status_code == 422
    assert "last active administrator" in answer.text
    assert 'value="Ada Byron"' in answer.text
    assert read_user(client, own)["role"] is Role.ADMIN


def test_a_disabled_administrator_does_not_count(client):
    own, other = sign_in(client, "admin"), make_user(client.application, "admin")
    client.post(f"/settings/users/{other}/disable")
    assert client.post(f"/settings/users/{own}", data=person_form(role="clerk")).status_code == 422


def test_a_new_password_replaces_the_old_one_and_ends_sessions(client):
    user_id = make_user(client.application, "clerk", email="ada@tillpaid.test")
    other = client.application.test_client()
    sign_in(other, user_id=user_id)
    sign_in(client, "admin")
    page = client.post(f"/settings/users/{user_id}/new-password").text
    password = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", page).group()
    assert other.get("/me").location.startswith("/login")
    assert try_password(client, "ada@tillpaid.test", PASSWORD) == 422
    assert try_password(client, "ada@tillpaid.test", password) == 302


def test_signing_somebody_out_ends_their_sessions_and_not_ones_own(client):
    user_id = make_user(client.application, "clerk")
    other = client.application.test_client()
    sign_in(other, user_id=user_id)
    sign_in(client, "admin")
    client.post(f"/settings/users/{user_id}/sign-out")
    assert other.get("/me").location.startswith("/login")
    assert client.get("/me").status_code == 200


@pytest.mark.parametrize("action", ["", "/disable", "/enable", "/sign-out", "/reset-link", "/new-password"])
@pytest.mark.parametrize("user_id", ["999999", str(2**63 - 1), str(2**63), "0", "x", "-1"])
def test_somebody_who_is_not_there_is_not_found(client, action, user_id):
    sign_in(client, "admin")
    assert client.post(f"/settings/users/{user_id}{action}", data=person_form()).status_code == 404


def test_what_was_done_stands_in_the_trail_without_names_or_passwords(client):
    own = sign_in(client, "admin")
    client.post("/settings/users/new", data=person_form(email="ada@tillpaid.test", name="Ada Byron"))
    entries = in_app(
        client,
        lambda: [
            (entry.action, entry.actor, str(entry.detail))
            for entry in session().scalars(select(AuditEntry).where(AuditEntry.object_kind == "user"))
        ],
    )
    assert ("user.added", f"user:{own}", "{'role': 'clerk'}") in entries
    assert not any("Byron" in detail or "argon2" in detail for _, _, detail in entries)


def test_only_digests_of_tokens_are_kept(client):
    sign_in(client, "admin")
    with client.session_transaction() as cookie:
        token = cookie["sid"]
    kept = in_app(client, lambda: session().scalars(select(UserSession)).one().token_digest)
    assert token != kept
    assert len(kept) == 64
