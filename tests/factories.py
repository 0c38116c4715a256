"""Makes what tests need, through the services and in one unit of work each: every wing adds its own functions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from flask import has_app_context
from itsdangerous import URLSafeTimedSerializer

from app.auth.rules import Role
from app.company.models import Company
from app.company.services import CompanyData, set_up_company
from app.customers.models import Customer
from app.customers.services import CustomerData, create_customer
from app.db.unit_of_work import unit_of_work

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ACTOR = "user:1"
PASSWORD = "seven ducks over the harbour"

COMPANY = CompanyData(
    name="Feinwerk Sensorik GmbH",
    street="Werkstraße 12",
    postal_code="10115",
    city="Berlin",
    country="DE",
    vat_id="DE136695976",
    email="billing@feinwerk.example",
    phone="+49 30 1234560",
    website="https://feinwerk.example",
    bank_name="Musterbank",
    iban="DE89370400440532013000",
    bic="COBADEFFXXX",
    account_holder="Feinwerk Sensorik GmbH",
    time_zone="Europe/Berlin",
    currency="EUR",
    payment_terms="30 days",
)

CUSTOMER = CustomerData(
    name="Nordlicht Logistik GmbH",
    country="DE",
    street="Hafenweg 3",
    postal_code="20457",
    city="Hamburg",
    billing_email="ap@nordlicht.example",
    currency="EUR",
    payment_terms="30 days",
)


def make_company(*, now: datetime = NOW, **changes: Any) -> Company:
    """The company, with number series, departments and playbooks."""
    with unit_of_work():
        return set_up_company(replace(COMPANY, **changes), actor=ACTOR, now=now)


def make_customer(name: str = CUSTOMER.name, *, now: datetime = NOW, **changes: Any) -> Customer:
    """A customer of its own name; the company must exist."""
    with unit_of_work():
        return create_customer(replace(CUSTOMER, name=name, **changes), actor=ACTOR, now=now)


@contextmanager
def working(app: Flask) -> Iterator[None]:
    """A unit of work in the application's context: the open one, or its own beside a client."""
    if has_app_context():
        with unit_of_work():
            yield
    else:
        with app.app_context(), unit_of_work():
            yield


# --- auth -----------------------------------------------------------------------------------------------------------


def make_user(
    app: Flask, role: Role | str = "admin", *, email: str = "", name: str = "", department_code: str | None = None,
    password: str = "", now: datetime = NOW,
) -> int:  # fmt: skip
    """Somebody who may sign in with PASSWORD; returns the id. Skips the slow hash unless a password is given."""
    from app.auth.models import User
    from app.auth.services import add_user
    from app.db.base import session

    email = email or f"{role}-{uuid4().hex[:8]}@tillpaid.test"
    with working(app):
        if password:
            user, _ = add_user(
                email, role, name=name, department_code=department_code, password=password, actor="system:test", now=now
            )
        else:
            user = User(
                email=email, name=name or str(role).title(), role=Role(role), department_code=department_code,
                password=_known_hash(), active=True, fs_uniquifier=uuid4().hex, created_at=now,
            )  # fmt: skip
            session().add(user)
            session().flush()
        return user.id


@cache
def _known_hash() -> str:
    from flask_security.utils import hash_password

    return str(hash_password(PASSWORD))


def sign_in(
    client: FlaskClient, role: Role | str = "admin", *, user_id: int = 0, department_code: str | None = None
) -> int:
    """Signs a new person with this role in (or `user_id`); returns the id.

    From then on the client sends the CSRF token with every request, so tests post as a page would;
    `headers={"X-CSRFToken": ""}` leaves it out.
    """
    from app.auth.accounts import TOKEN
    from app.auth.models import User
    from app.auth.services_sessions import begin_session
    from app.db.base import session
    from app.kernel import clock

    app = client.application
    user_id = user_id or make_user(app, role, department_code=department_code)
    with working(app):
        user = session().get_one(User, user_id)
        token = begin_session(user, address="127.0.0.1", device="test", via="test", now=clock.now())
        uniquifier = user.fs_uniquifier
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie.update({"_user_id": uniquifier, "_fresh": True, TOKEN: token})
    send_csrf_token(client)
    return user_id


def send_csrf_token(client: FlaskClient) -> str:
    """Lets the client send a valid CSRF token with every request; returns the token."""
    app = client.application
    secret = uuid4().hex
    with client.session_transaction() as cookie:
        cookie["csrf_token"] = secret
    serializer = URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token")
    token = serializer.dumps(secret)
    client.environ_base["HTTP_X_CSRFTOKEN"] = str(token)
    return str(token)
