"""Makes what tests need, through the services and in one unit of work each: every wing adds its own functions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.company.models import Company
from app.company.services import CompanyData, set_up_company
from app.customers.models import Customer
from app.customers.services import CustomerData, create_customer
from app.db.unit_of_work import unit_of_work

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ACTOR = "user:1"

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
