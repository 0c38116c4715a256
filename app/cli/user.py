"""People who sign in, on the command line."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from app.auth.rules import Role
from app.cli.common import app_context, json_option, note, now_option, say_json

if TYPE_CHECKING:
    from app.auth.models import User

ACTOR = "system:cli"
ROLES = click.Choice([role.value for role in Role])


@click.command()
@click.argument("email")
@click.option("--role", type=ROLES, required=True, help="What the person is here for.")
@click.option("--name", default="", help="As it is shown to others.")
@click.option("--department", default="", help="Code of the department of a member.")
@now_option
@json_option
def add(email: str, role: str, name: str, department: str, now: datetime, as_json: bool) -> None:
    """Add somebody who may sign in. The password is read from stdin when piped, else made and printed once."""
    from app.auth.services import add_user
    from app.db.unit_of_work import unit_of_work

    given = read_piped_password()
    with app_context():
        with unit_of_work():
            user, password = add_user(
                email, role, name=name, department_code=department, password=given, actor=ACTOR, now=now
            )
        answer = describe(user)
    _say(answer, None if given else password, as_json=as_json)


@click.command(name="password")
@click.argument("email")
@now_option
@json_option
def replace(email: str, now: datetime, as_json: bool) -> None:
    """Replace a forgotten password: read from stdin when piped, else made and printed once. Ends all sessions."""
    from app.auth.queries import get_user_by_email
    from app.auth.services import replace_password
    from app.db.unit_of_work import unit_of_work

    given = read_piped_password()
    with app_context():
        with unit_of_work():
            user = get_user_by_email(email)
            password = replace_password(user.id, password=given, actor=ACTOR, now=now)
        answer = describe(user)
    _say(answer, None if given else password, as_json=as_json)


@click.command(name="list")
@json_option
def list_all(as_json: bool) -> None:
    """List everybody, with role and whether they may sign in."""
    from app.auth.queries import list_users

    with app_context():
        people = [describe(user) for user in list_users()]
    if as_json:
        say_json(people)
        return
    for person in people:
        state = "active" if person["active"] else "disabled"
        click.echo(f"{person['email']}  {person['role']}  {state}  {person['name']}".rstrip())


def _switch(email: str, now: datetime, *, to_active: bool) -> dict[str, Any]:
    from app.auth.queries import get_user_by_email
    from app.auth.services import disable_user, enable_user
    from app.db.unit_of_work import unit_of_work

    with app_context():
        with unit_of_work():
            switch = enable_user if to_active else disable_user
            user = switch(get_user_by_email(email).id, actor=ACTOR, now=now)
        return describe(user)


@click.command()
@click.argument("email")
@now_option
@json_option
def disable(email: str, now: datetime, as_json: bool) -> None:
    """Keep somebody from signing in, and sign them out everywhere."""
    _say(_switch(email, now, to_active=False), None, as_json=as_json)


@click.command()
@click.argument("email")
@now_option
@json_option
def enable(email: str, now: datetime, as_json: bool) -> None:
    """Let somebody sign in again."""
    _say(_switch(email, now, to_active=True), None, as_json=as_json)


def describe(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role.value,
        "department": user.department_code,
        "active": user.active,
    }


def read_piped_password() -> str | None:
    """The first line of stdin when something is piped in; None at a terminal or when nothing comes."""
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return None
    return sys.stdin.readline().rstrip("\r\n") or None


def _say(person: dict[str, Any], password: str | None, *, as_json: bool) -> None:
    if as_json:
        say_json(person if password is None else {**person, "password": password})
        return
    state = "" if person["active"] else ", disabled"
    note(f"{person['email']}: {person['role']}{state}")
    if password is not None:
        note("This password is shown once:")
        click.echo(password)


COMMANDS = {
    "user add": add,
    "user list": list_all,
    "user disable": disable,
    "user enable": enable,
    "user password": replace,
}
