"""The demo's account owners: finance and the manager share the customers, a few are still nobody's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from app.customers.models import Customer
from app.customers.services import data_of, update_customer
from app.db.base import session

OWNERS = ("finance", "manager", "", "finance")
MOST = 16


def share_accounts(people: Mapping[str, str], now: datetime) -> None:
    chosen = select(Customer).where(Customer.owner_id.is_(None)).order_by(Customer.id).limit(MOST)
    for place, customer in enumerate(session().scalars(chosen).all()):
        if role := OWNERS[place % len(OWNERS)]:
            data = replace(data_of(customer), owner_id=int(people[role].removeprefix("user:")))
            update_customer(customer.id, data, version=customer.version, actor=people["manager"], now=now)
