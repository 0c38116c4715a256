"""Knows how the accounts library reads and writes people: through our session, in one of our units of work."""

from contextlib import AbstractContextManager, suppress
from typing import Any

from flask import Flask, after_this_request, g
from flask_security.core import RoleMixin
from flask_security.datastore import SQLAlchemyUserDatastore
from sqlalchemy import select
from werkzeug import Response

from app.auth.models import User
from app.auth.queries import normalize_email
from app.db.base import db, session
from app.db.unit_of_work import unit_of_work


class Abandoned(Exception):
    """The request ended before the library said that its work is done."""


class AccountStore(SQLAlchemyUserDatastore):
    """People as the library wants them. `commit` ends the unit of work our forms open before its views write."""

    def __init__(self) -> None:
        super().__init__(db, User, RoleMixin)

    def find_user(self, case_insensitive: bool = False, **identity: Any) -> User | None:
        ((attribute, value),) = identity.items()
        if attribute == "email":
            value = normalize_email(str(value))
        return session().scalar(select(User).where(getattr(User, attribute) == value))

    def commit(self) -> None:
        end_work()


def install(app: Flask) -> None:
    app.teardown_request(abandon_work)


def begin_work() -> None:
    """Opens the unit of work of a library view; what was read before is read again under its lock."""
    work = unit_of_work()
    work.__enter__()
    g.account_work = work

    @after_this_request
    def _end(response: Response) -> Response:
        # also reached with the answer to an error, and then nothing may stay
        (end_work if response.status_code < 400 else abandon_work)()
        return response


def end_work() -> None:
    """Commits what the library view wrote, once."""
    work: AbstractContextManager[Any] | None = g.pop("account_work", None)
    if work is not None:
        work.__exit__(None, None, None)


def abandon_work(_error: BaseException | None = None) -> None:
    """Leaves nothing behind when the view broke."""
    work: AbstractContextManager[Any] | None = g.pop("account_work", None)
    if work is not None:
        with suppress(Abandoned):
            work.__exit__(Abandoned, Abandoned(), None)
