"""Knows receivables by who looks after the customer and by currency, and of chosen customers alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from app.auth.names import name_users
from app.customers.queries import list_owners
from app.ledger.rules import Aging
from app.payments.aging import AgingTable, amounts_of, read_aging, read_aging_of_customers

NOBODY = 0  # stands for the customers nobody looks after


@dataclass(frozen=True, slots=True)
class Choice:
    """Whose receivables; None for everybody's."""

    customer_id: int | None = None
    owner_id: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class OwnerRow:
    """What the customers of one person owe in one currency; `owner` is "" for customers nobody looks after."""

    owner: str
    currency: str
    aging: Aging


def read_chosen(as_of: date, known_at: datetime | None, choice: Choice, *, with_items: bool) -> AgingTable:
    """The aging table of those chosen; single instalments only where they are wanted."""
    if with_items:
        table = read_aging(as_of, known_at, customer_id=choice.customer_id)
    else:
        table = read_aging_of_customers(as_of, known_at, customer_id=choice.customer_id)
    if choice.owner_id is None and choice.currency is None:
        return table
    owners = list_owners() if choice.owner_id is not None else {}

    def is_chosen(customer_id: int, currency: str) -> bool:
        is_owned = choice.owner_id is None or owners.get(customer_id, NOBODY) == choice.owner_id
        return is_owned and choice.currency in {None, currency}

    rows = [row for row in table.customer_rows if is_chosen(row.customer_id, row.currency)]
    totals: dict[str, Aging] = defaultdict(Aging)
    for row in rows:
        totals[row.currency].add(row.aging)
    items = [row for row in table.open_rows if is_chosen(row.customer_id, row.currency)]
    return replace(table, totals=dict(sorted(totals.items())), open_rows=items, customer_rows=rows)


def list_by_owner(table: AgingTable) -> list[OwnerRow]:
    """By name; what nobody looks after comes last."""
    owners = list_owners()
    sums: dict[tuple[int, str], Aging] = defaultdict(Aging)
    for row in table.customer_rows:
        sums[owners.get(row.customer_id, NOBODY), row.currency].add(row.aging)
    names = name_users({owner_id for owner_id, _ in sums if owner_id})
    rows = [OwnerRow(names.get(owner_id, ""), currency, aging) for (owner_id, currency), aging in sums.items()]
    return sorted(rows, key=lambda row: (not row.owner, row.owner.casefold(), row.currency))


def owner_json(row: OwnerRow) -> dict[str, Any]:
    return {"owner": row.owner or None, "currency": row.currency, **amounts_of(row.aging, row.currency)}


def list_currency_json(totals: Mapping[str, Aging]) -> list[dict[str, Any]]:
    return [{"currency": currency, **amounts_of(aging, currency)} for currency, aging in totals.items()]
