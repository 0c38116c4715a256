"""Reads what settlements gained or lost by exchange rates, one by one and a month of them, as the journal books it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from app.db.base import session
from app.db.statements import in_chunks
from app.invoices.models import Invoice
from app.ledger.models import EntryKind, LedgerEntry
from app.payments.models import Allocation, Payment
from app.payments.queries_worth import read_worths
from app.payments.rules_exchange import Exchange
from app.payments.rules_journal import Posted


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
    rows: list[Any] = []
    for chunk in in_chunks([allocation.id for allocation in allocations]):
        rows += session().execute(_select().where(Allocation.id.in_(chunk))).all()
    return read_exchange(rows)


def select_settled(since: date, until: date) -> Select[Any]:
    """Settlements of invoices in another currency, and what undid some, that count from these days."""
    return _select().where(Allocation.effective_on >= since, Allocation.effective_on <= until)


def read_exchange(rows: Sequence[Any]) -> dict[int, Exchange]:
    """Allocation id -> its values, of rows of `select_settled`."""
    settled = [Settled(*row) for row in rows]
    found: dict[int, Exchange] = {}
    for base in {one.company_currency for one in settled}:
        found |= _read([one for one in settled if one.company_currency == base], base)
    return found


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


def _read(settled: Sequence[Settled], base: str) -> dict[int, Exchange]:
    """What the ledger's two entries of each allocation are worth: receivables at the invoice, money at its own rate."""
    rows = {f"allocation:{one.id}": one for one in settled}
    posted = _entries_of(rows)
    worths = read_worths(posted, base)
    sides: dict[tuple[str, bool], int] = {}
    for entry in posted:
        if (worth := worths.get(entry.position)) is not None:
            sides[entry.reason, entry.document is not None] = worth.amount
    return {
        one.id: Exchange(base, one.currency, one.received_on, -sides[cause, True], sides.get((cause, False)))
        for cause, one in rows.items()
        if (cause, True) in sides
    }


def _entries_of(causes: Collection[str]) -> list[Posted]:
    """Settlements and applications, and what takes them back; a discount that came with one is none."""
    entry, undone = LedgerEntry, aliased(LedgerEntry)
    kind = func.coalesce(undone.kind, entry.kind)
    columns = select(
        entry.position, entry.effective_on, entry.kind, entry.currency, entry.document, entry.amount, entry.reason
    )
    joined = columns.outerjoin(undone, undone.position == entry.reverses)
    found: list[Posted] = []
    for chunk in in_chunks(causes):
        chosen = joined.where(entry.reason.in_(chunk), kind.in_((EntryKind.SETTLEMENT, EntryKind.APPLICATION)))
        for position, on, said, currency, document, amount, reason in session().execute(chosen):
            found.append(Posted(position, on, said.value, "", currency, document, amount, reason, position, ""))
    return found
