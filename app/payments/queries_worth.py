"""Reads what entries of the ledger are worth in the company's currency, and which payment each is caused by.

A document's entries count at its rate, money on account at the rate of the day it came: a credit at that of its credit
note, a transfer at that of the payment it was taken from. What lacks a rate is not in the answer.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from app.company.queries_rates import find_rate
from app.company.rules_rates import Rate
from app.db.base import session
from app.db.statements import in_chunks
from app.invoices.models import Invoice
from app.invoices.queries import invoice_id_of
from app.ledger.models import LedgerEntry
from app.payments.models import Allocation, Payment
from app.payments.models_settling import PaymentOutflow
from app.payments.rules_journal import Posted
from app.payments.rules_settling import PaymentKind
from app.payments.rules_worth import Said, Worth, follow

Changes = dict[str, list[tuple[int, int]]]  # document or cause -> positions and amounts


class Source(NamedTuple):
    """What decides the rate of money on account: a day, or the credit note that gave it."""

    currency: str
    on: date
    document: str | None


def read_worths(entries: Iterable[Posted], base: str) -> dict[int, Worth]:
    """Position -> what an entry in another currency is worth."""
    foreign = [entry for entry in entries if entry.currency != base]
    worths = _worths_of_documents({entry.document for entry in foreign if entry.document}, base)
    return worths | _worths_of_payments({entry.reason for entry in foreign if not entry.document}, base)


def payments_of(causes: Collection[str]) -> dict[str, int]:
    """ "payment:3", "payment_reversal:3", "allocation:7", "outflow:2", a credit note -> the payment's id."""
    found = {cause: _number(cause) for cause in causes if cause.startswith("payment")}
    for prefix, taken in (("allocation:", Allocation), ("outflow:", PaymentOutflow)):
        names = {_number(cause): cause for cause in causes if cause.startswith(prefix)}
        for chunk in in_chunks(names):
            rows = session().execute(select(taken.id, taken.payment_id).where(taken.id.in_(chunk)))
            found |= {names[row.id]: row.payment_id for row in rows}
    return found | _credits_of(cause for cause in causes if invoice_id_of(cause) is not None)


def _credits_of(documents: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in in_chunks(documents):
        chosen = select(Payment.external_id, Payment.id).where(Payment.kind == PaymentKind.CREDIT)
        rows = session().execute(chosen.where(Payment.external_id.in_(chunk)))
        found |= {name: payment_id for name, payment_id in rows if name}
    return found


def _worths_of_documents(names: Collection[str], base: str) -> dict[int, Worth]:
    rated = _rates_of_documents(names, base)
    worths: dict[int, Worth] = {}
    for chunk in in_chunks(rated):
        entry = LedgerEntry
        chosen = select(entry.document, entry.position, entry.amount).where(entry.document.in_(chunk))
        changes: Changes = {}
        for name, position, amount in session().execute(chosen.order_by(entry.position)):
            changes.setdefault(name or "", []).append((position, amount))
        worths |= {at: worth for name, rows in changes.items() for at, worth in follow(rows, *rated[name])}
    return worths


def _rates_of_documents(names: Iterable[str], base: str) -> dict[str, tuple[Rate, Said]]:
    ids = {found: name for name in names if (found := invoice_id_of(name)) is not None}
    rated: dict[str, tuple[Rate, Said]] = {}
    for chunk in in_chunks(ids):
        columns = select(
            Invoice.id, Invoice.currency, Invoice.exchange_rate, Invoice.issued_on, Invoice.gross_total,
            Invoice.company_gross_total,
        )  # fmt: skip
        for one in session().execute(columns.where(Invoice.id.in_(chunk), Invoice.company_currency == base)):
            if one.exchange_rate and one.issued_on and one.company_gross_total is not None:
                rate = Rate(base, one.currency, one.exchange_rate, one.issued_on, "invoice")
                rated[ids[one.id]] = rate, Said(one.gross_total, one.company_gross_total)
    return rated


def _worths_of_payments(causes: Collection[str], base: str) -> dict[int, Worth]:
    ids = set(payments_of(causes).values())
    rates = rates_of_payments(ids, base)
    owners = _causes_of(rates)
    changes: dict[int, list[tuple[int, int]]] = {}
    for chunk in in_chunks(owners):
        entry = LedgerEntry
        chosen = select(entry.reason, entry.position, entry.amount)
        for cause, position, amount in session().execute(
            chosen.where(entry.reason.in_(chunk), entry.document.is_(None))
        ):
            changes.setdefault(owners[cause], []).append((position, amount))
    return {at: worth for owner, rows in changes.items() for at, worth in follow(sorted(rows), rates[owner])}


def _causes_of(payment_ids: Collection[int]) -> dict[str, int]:
    """Everything that moves money of these payments -> the payment."""
    owners: dict[str, int] = {}
    for chunk in in_chunks(payment_ids):
        owners |= {f"{name}:{one}": one for one in chunk for name in ("payment", "payment_reversal")}
        for name, taken in (("allocation", Allocation), ("outflow", PaymentOutflow)):
            rows = session().execute(select(taken.id, taken.payment_id).where(taken.payment_id.in_(chunk)))
            owners |= {f"{name}:{row.id}": row.payment_id for row in rows}
        credited = select(Payment.external_id, Payment.id).where(Payment.kind == PaymentKind.CREDIT)
        owners |= {name: one for name, one in session().execute(credited.where(Payment.id.in_(chunk))) if name}
    return owners


def rates_of_payments(payment_ids: Iterable[int], base: str) -> dict[int, Rate]:
    """Payment id -> the rate its money counts at, where there is one."""
    sources = _sources_of(payment_ids)
    credited = _rates_of_documents({one.document for one in sources.values() if one.document}, base)
    days = {(one.currency, one.on) for one in sources.values() if not one.document and one.currency != base}
    daily = {day: find_rate(day[0], base, day[1]) for day in days}
    found = {
        payment_id: credited.get(one.document, (None,))[0] if one.document else daily.get((one.currency, one.on))
        for payment_id, one in sources.items()
    }
    return {payment_id: rate for payment_id, rate in found.items() if rate}


def _sources_of(payment_ids: Iterable[int]) -> dict[int, Source]:
    sources: dict[int, Source] = {}
    origins: dict[int, int] = {}  # payment -> the outflow that gave it
    for chunk in in_chunks(payment_ids):
        for payment in session().scalars(select(Payment).where(Payment.id.in_(chunk))):
            if payment.kind is PaymentKind.TRANSFER:
                origins[payment.id] = _number(payment.external_id or "")
            document = payment.external_id if payment.kind is PaymentKind.CREDIT else None
            sources[payment.id] = Source(payment.currency, payment.received_on, document)
    return sources | _origins_of(origins) if origins else sources


def _origins_of(origins: Mapping[int, int]) -> dict[int, Source]:
    """Transferred payment -> the source of the money it was taken from, however often it was moved on."""
    givers = payments_of({f"outflow:{outflow}" for outflow in origins.values()})
    sources = _sources_of(givers.values())
    return {
        payment_id: sources[giver]
        for payment_id, outflow in origins.items()
        if (giver := givers.get(f"outflow:{outflow}")) is not None
    }


def _number(name: str) -> int:
    return int(name.rpartition(":")[2] or 0)
