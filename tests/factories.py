"""Makes what tests need, through the services and in one unit of work each: every wing adds its own functions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
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
from app.deals.models import Deal
from app.deals.rules import ParsedDeal, ParsedLine
from app.deals.services import register_deal
from app.deals.services_handoff import answer_gate
from app.orders.models import Order
from app.orders.queries import find_order_of
from app.orders.rules import add_taxes, line_net
from app.tasks.models import TaskState
from app.tasks.queries import list_tasks_of
from app.tasks.services import finish_task

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from app.invoices.models import Invoice
    from app.orders.models import Order
    from app.payments.models import Payment

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
    foreign_rates="optional",
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
    from app.auth.identity import TOKEN
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


# --- invoices -------------------------------------------------------------------------------------------------------

VAT_19 = {"name": "VAT 19", "category": "S", "kind": "percent", "rate": "19"}


def make_plain_order(
    customer: Customer, *lines: tuple[str, str, str], currency: str = "EUR", payment_terms: str = "30 days",
    taxes: list[dict[str, Any]] | None = None, state: str = "fulfilled", ordered_on: date = date(2026, 11, 2),
    po_number: str = "PO-4711", number: str = "", tax_code: str | None = None,
) -> Order:  # fmt: skip
    """An order with lines of (item, quantity, unit price), written straight to the tables: no deal, no tasks."""
    from app.deals.models import Deal, DealState
    from app.orders.models import Order, OrderLine, OrderState

    key = uuid4().hex[:12]
    with unit_of_work() as current:
        deal = Deal(
            source="test", external_id=key, fingerprint=key, closed_on=ordered_on, customer_id=customer.id,
            currency=currency, payment_terms=payment_terms, net_total=0, content={}, state=DealState.ACCEPTED,
            received_at=NOW,
        )  # fmt: skip
        current.add(deal)
        current.flush()
        order = Order(
            number=number or f"SO-{key}", deal_id=deal.id, customer_id=customer.id, order_type="standard",
            currency=currency, payment_terms=payment_terms, po_number=po_number, ordered_on=ordered_on,
            due_on=ordered_on, net_total=0, gross_total=0,
            state=OrderState(state), opened_at=NOW, fulfilled_on=ordered_on if state == "fulfilled" else None,
        )  # fmt: skip
        order.lines = [
            OrderLine(
                position=position, item=item, quantity=Decimal(quantity), unit="pcs", unit_price=Decimal(price),
                taxes=[VAT_19] if taxes is None else taxes, tax_code=tax_code,
            )
            for position, (item, quantity, price) in enumerate(lines or (("Vibration sensor", "4", "250"),), 1)
        ]  # fmt: skip
        order.gross_total = add_taxes(
            (line_net(line.quantity, line.unit_price, Decimal(0), currency), line.taxes) for line in order.lines
        )
        order.net_total = sum(line_net(line.quantity, line.unit_price, Decimal(0), currency) for line in order.lines)
        current.add(order)
    return order


def make_issued_invoice(
    customer: Customer, *lines: tuple[str, str, str], issued_on: date = date(2026, 11, 22), now: datetime = NOW,
    **order: Any,
) -> Invoice:  # fmt: skip
    """An issued invoice over an order of its own; the default is 4 x 250.00 EUR + 19 % = 1,190.00 EUR."""
    from app.invoices.services import draft_invoice, issue_invoice

    made = make_plain_order(customer, *lines, **order)
    with unit_of_work():
        draft = draft_invoice(made.id, actor=ACTOR, now=now)
        return issue_invoice(draft.id, issued_on=issued_on, actor=ACTOR, now=now)


DEAL = ParsedDeal(
    line=2,
    external_id="D-1",
    closed_on=date(2026, 11, 2),
    owner="Ada Sales",
    customer=CUSTOMER.name,
    vat_id="",
    country="DE",
    street=CUSTOMER.street,
    postal_code=CUSTOMER.postal_code,
    city=CUSTOMER.city,
    billing_email=CUSTOMER.billing_email,
    currency="EUR",
    payment_terms="30 days",
    po_number="PO-7",
    deal_type="standard",
    lines=(),
)


def deal_line(item: str = "Sensor", quantity: str = "4", unit_price: str = "12.35", **changes: Any) -> ParsedLine:
    """A line at 19 % unless said otherwise."""
    line = ParsedLine(
        line=2,
        item=item,
        quantity=Decimal(quantity),
        unit="pcs",
        unit_price=Decimal(unit_price),
        discount_percent=Decimal(0),
        tax_rate=Decimal(19),
        tax_category="S",
        tax_reason="",
    )
    return replace(line, **changes)


def parsed_deal(external_id: str = "D-1", *, lines: tuple[ParsedLine, ...] = (), **changes: Any) -> ParsedDeal:
    """A deal as a file says it, with one line unless given."""
    return replace(DEAL, external_id=external_id, lines=lines or (deal_line(),), **changes)


def make_deal(external_id: str = "D-1", *, now: datetime = NOW, source: str = "file", **changes: Any) -> Deal:
    """A waiting deal; the company must exist, the customer is made with it."""
    with unit_of_work():
        return register_deal(parsed_deal(external_id, **changes), source=source, actor=ACTOR, now=now).deal


def make_order(external_id: str = "D-1", *, now: datetime = NOW, **changes: Any) -> Order:
    """An order in progress, from an accepted deal."""
    deal = make_deal(external_id, now=now, **changes)
    with unit_of_work():
        answer_gate(deal.id, actor=ACTOR, now=now)
        order = find_order_of(deal.id)
    assert order is not None
    return order


def make_fulfilled_order(external_id: str = "D-1", *, now: datetime = NOW, **changes: Any) -> Order:
    """An order whose required tasks are done."""
    order = make_order(external_id, now=now, **changes)
    finish_all_tasks(order.id, now=now)
    return order


def finish_all_tasks(order_id: int, *, now: datetime = NOW) -> int:
    """Finishes every task in the order its plan frees them; returns how many."""
    with unit_of_work():
        finished = 0
        while open_now := [task for task in list_tasks_of(order_id) if task.state is TaskState.OPEN]:
            for task in open_now:
                finish_task(task.id, actor=ACTOR, now=now)
                finished += 1
        return finished


# --- payments -------------------------------------------------------------------------------------------------------


def make_open_invoice(
    customer: Customer, gross: int, *, issued_on: date = date(2026, 9, 1), due_on: date = date(2026, 10, 1),
    currency: str = "EUR", number: str = "", now: datetime = NOW,
) -> Invoice:  # fmt: skip
    """An issued invoice of one instalment and any dates, without an order; `gross` in minor units."""
    from app.invoices.services import register_history_invoice

    with unit_of_work():
        return register_history_invoice(
            number or f"H-{uuid4().hex[:8]}", customer.id, issued_on=issued_on, due_on=due_on, currency=currency,
            gross=gross, actor=ACTOR, now=now,
        )  # fmt: skip


def make_payment(
    customer: Customer, amount: int, *, received_on: date = date(2026, 10, 5), now: datetime = NOW, **facts: Any
) -> Payment:
    """Money received, in minor units; placed on the oldest due instalments unless `allocations` says otherwise."""
    from app.payments.services import record_payment

    facts = {"currency": "EUR", "actor": ACTOR, **facts}
    with unit_of_work():
        return record_payment(customer.id, amount, received_on=received_on, now=now, **facts)
