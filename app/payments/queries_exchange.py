"""Reads what settlements gained or lost by exchange rates: one by one, and a month of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Select, select

from app.company.queries_rates import find_rate
from app.company.rules_rates import Rate
from app.db.base import session
from app.db.statements import in_chunks
from app.invoices.models import Invoice
from app.payments.models import Allocation, Payment
from app.payments.rules_exchange import Exchange, compare


class Settled(NamedTuple):
    """A row of `select_settled`."""

    id: int
    effective_on: date
    amount: int
    undoes: int | None
    payment_id: int
    invoice_id: int
    payment: str
    received_on: date
    currency: str
    invoice: str
    company_currency: str
    exchange_rate: Decimal
    issued_on: date


def exchange_of(allocations: Iterable[Allocation]) -> dict[int, Exchange]:
    """Allocation id -> its values, of those on invoices in another currency than the company's."""
    ids = [allocation.id for allocation in allocations]
    rates: dict[tuple[str, str, date], Rate | None] = {}
    found: dict[int, Exchange] = {}
    for chunk in in_chunks(ids):
        rows = session().execute(_select().where(Allocation.id.in_(chunk))).all()
        found |= {row[0]: _exchange(Settled(*row), rates) for row in rows}
    return found


def select_settled(since: date, until: date) -> Select[Any]:
    """Settlements of invoices in another currency, and what undid some, that count from these days."""
    return _select().where(Allocation.effective_on >= since, Allocation.effective_on <= until)


def read_exchange(rows: Sequence[Any]) -> dict[int, Exchange]:
    """Allocation id -> its values, of rows of `select_settled`."""
    rates: dict[tuple[str, str, date], Rate | None] = {}
    return {row[0]: _exchange(Settled(*row), rates) for row in rows}


def sum_differences(found: Mapping[int, Exchange]) -> tuple[dict[str, int], int]:
    """The differences by the company's currency, and how many lack a rate."""
    total: dict[str, int] = {}
    missing = 0
    for one in found.values():
        if one.difference is None:
            missing += 1
        else:
            total[one.base] = total.get(one.base, 0) + one.difference
    return total, missing


def _select() -> Select[Any]:
    columns: list[Any] = [
        Allocation.id, Allocation.effective_on, Allocation.amount, Allocation.undoes, Allocation.payment_id,
        Allocation.invoice_id, Payment.number.label("payment"), Payment.received_on, Payment.currency,
        Invoice.number.label("invoice"), Invoice.company_currency, Invoice.exchange_rate, Invoice.issued_on,
    ]  # fmt: skip
    joined = select(*columns).join(Payment, Payment.id == Allocation.payment_id)
    return joined.join(Invoice, Invoice.id == Allocation.invoice_id).where(Invoice.company_currency.is_not(None))


def _exchange(row: Settled, rates: dict[tuple[str, str, date], Rate | None]) -> Exchange:
    wanted = row.currency, row.company_currency, row.received_on
    if wanted not in rates:
        rates[wanted] = find_rate(*wanted)
    invoiced = Rate(row.company_currency, row.currency, row.exchange_rate, row.issued_on, "invoice")
    return compare(row.amount, invoiced=invoiced, paid=rates[wanted], received_on=row.received_on)
