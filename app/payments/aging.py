"""Knows who owed what at a date, and for how long: the aging table with names and numbers for people."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.customers.queries import names_of
from app.invoices.queries import invoice_id_of
from app.kernel.money import format_decimal
from app.ledger import queries as ledger
from app.ledger.queries import Balances, OpenItem
from app.ledger.queries_aging import read_customer_aging
from app.ledger.rules import Aging, days_past_due
from app.payments.queries import numbers_of


@dataclass(frozen=True, slots=True)
class OpenRow:
    """One open instalment; `open` in minor units, `days_past_due` negative before the due date."""

    customer_id: int
    customer: str
    invoice: str
    instalment: int
    due_on: date
    days_past_due: int
    currency: str
    open: int


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """What one customer owes in one currency."""

    customer_id: int
    customer: str
    currency: str
    aging: Aging


@dataclass(frozen=True)
class AgingTable:
    """The receivables at the end of a day as known at an instant; totals by currency."""

    as_of: date
    known_at: datetime | None
    totals: dict[str, Aging]
    open_rows: list[OpenRow]
    customer_rows: list[CustomerRow]


def read_aging(as_of: date, known_at: datetime | None = None, *, customer_id: int | None = None) -> AgingTable:
    """The aging table of everybody, or of one customer. `known_at` None: everything recorded so far."""
    balances = ledger.read_balances(as_of, known_at, customer_id=customer_id)
    names = _names_in(balances)
    by_customer: dict[tuple[int, str], Aging] = defaultdict(Aging)
    totals: dict[str, Aging] = defaultdict(Aging)
    for item in balances.open_items:
        for aging in (by_customer[item.customer_id, item.currency], totals[item.currency]):
            aging.add_open(days_past_due(item.due_on, as_of), item.open)
    for account in balances.on_account:
        for aging in (by_customer[account.customer_id, account.currency], totals[account.currency]):
            aging.add_on_account(account.amount)
    return AgingTable(
        as_of,
        known_at,
        dict(sorted(totals.items())),
        _open_rows(balances.open_items, names, as_of),
        _customer_rows(by_customer, names),
    )


def read_aging_of_customers(
    as_of: date, known_at: datetime | None = None, *, customer_id: int | None = None
) -> AgingTable:
    """The same without the open instalments: added up in the database, for who needs no more than the sums."""
    found = read_customer_aging(as_of, known_at, customer_id=customer_id)
    totals: dict[str, Aging] = defaultdict(Aging)
    for (_, currency), aging in found.items():
        totals[currency].add(aging)
    rows = _customer_rows(found, names_of(sorted({customer_id for customer_id, _ in found})))
    return AgingTable(as_of, known_at, dict(sorted(totals.items())), [], rows)


def _customer_rows(found: Mapping[tuple[int, str], Aging], names: Mapping[int, str]) -> list[CustomerRow]:
    rows = [CustomerRow(key[0], names[key[0]], key[1], aging) for key, aging in found.items()]
    return sorted(rows, key=lambda row: (row.customer.casefold(), row.customer_id, row.currency))


def _names_in(balances: Balances) -> dict[int, str]:
    ids = {item.customer_id for item in balances.open_items} | {one.customer_id for one in balances.on_account}
    return names_of(sorted(ids))


def _open_rows(items: list[OpenItem], names: dict[int, str], as_of: date) -> list[OpenRow]:
    ids = {item.document: invoice_id_of(item.document) for item in items}
    numbers = numbers_of(found for found in ids.values() if found is not None)
    rows = [
        OpenRow(
            item.customer_id,
            names[item.customer_id],
            numbers.get(ids[item.document] or 0, item.document),
            item.instalment,
            item.due_on,
            days_past_due(item.due_on, as_of),
            item.currency,
            item.open,
        )
        for item in items
    ]
    return sorted(
        rows, key=lambda row: (row.customer.casefold(), row.customer_id, row.due_on, row.invoice, row.instalment)
    )


def amounts_of(aging: Aging, currency: str) -> dict[str, str]:
    """Buckets, total, unapplied and receivable as decimal strings in major units."""
    amounts = {**aging.buckets, "total": aging.total, "unapplied": aging.unapplied, "receivable": aging.receivable}
    return {name: format_decimal(amount, currency) for name, amount in amounts.items()}


def as_json(table: AgingTable, *, by_customer: bool) -> dict[str, Any]:
    """The table as the command line and programs read it."""
    rows = map(_customer_json, table.customer_rows) if by_customer else map(_open_json, table.open_rows)
    return {
        "as_of": table.as_of.isoformat(),
        "known_at": table.known_at.isoformat() if table.known_at else None,
        "currency": {currency: amounts_of(aging, currency) for currency, aging in table.totals.items()},
        "rows": list(rows),
    }


def _open_json(row: OpenRow) -> dict[str, Any]:
    return {
        "customer": row.customer,
        "invoice": row.invoice,
        "instalment": row.instalment,
        "due_on": row.due_on.isoformat(),
        "days_past_due": row.days_past_due,
        "currency": row.currency,
        "open": format_decimal(row.open, row.currency),
    }


def _customer_json(row: CustomerRow) -> dict[str, Any]:
    return {"customer": row.customer, "currency": row.currency, **amounts_of(row.aging, row.currency)}
