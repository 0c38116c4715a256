"""Open items as of a past date at 100,000 invoices, against a plain join-and-group query over the same facts.

    script/bench aging [--invoices N] [--rounds N]

A scratch SQLite database gets three years of invoices, payments and allocations: the documents in their own tables,
the same facts in the ledger, posted day by day in the order in which they became known. At each month's end the
snapshot is taken, as the nightly job does; one payment in a hundred is recorded a month late. Then both answer the
question of `tillpaid aging`, as of the middle of last month as known now, in turn and with the same rows; and once each
for an earlier moment of knowing. CPU time of this process, median of the rounds.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import Date, Integer, String, bindparam, insert, text

from app.db.base import connect_database, db, session
from app.db.schema import create_all
from app.db.types import UtcInstant
from app.db.unit_of_work import unit_of_work
from app.ledger import queries, services
from app.ledger.models import EntryKind
from app.ledger.rules import is_month_end
from app.ledger.services import NewEntry

GOAL = 10.0
FIRST_DAY = date(2023, 12, 1)
LAST_DAY = date(2026, 11, 30)
AS_OF = date(2026, 10, 14)
NOW = datetime(2026, 11, 30, 23, tzinfo=UTC)
EARLIER = datetime(2026, 10, 20, 12, tzinfo=UTC)
CUSTOMERS = 1_500
CURRENCIES = ("EUR", "EUR", "EUR", "USD", "GBP")

PLAIN = (
    text(
        """
        SELECT i.customer_id, i.currency, 'invoice:' || i.id AS document, n.position, n.due_on,
               n.amount - COALESCE(SUM(a.amount), 0) AS open
          FROM invoice i
          JOIN instalment n ON n.invoice_id = i.id
          LEFT JOIN allocation a ON a.invoice_id = n.invoice_id AND a.instalment = n.position
                                AND a.effective_on <= :as_of AND a.recorded_at <= :known_at
         WHERE i.state = 'issued' AND i.issued_on <= :as_of AND i.issued_at <= :known_at
         GROUP BY n.id
        HAVING n.amount <> COALESCE(SUM(a.amount), 0)
        """
    )
    .bindparams(bindparam("as_of", type_=Date), bindparam("known_at", type_=UtcInstant))
    .columns(customer_id=Integer, currency=String, document=String, position=Integer, due_on=Date, open=Integer)
)


@dataclass(frozen=True, slots=True)
class Sale:
    """One invoice and what was paid on it."""

    invoice_id: int
    customer_id: int
    currency: str
    issued_on: date
    due_on: date
    gross: int
    parts: tuple[tuple[date, date, int], ...]  # effective on, known on, amount


def invent_sales(count: int, seed: int = 7) -> list[Sale]:
    """`count` sales over three years, oldest first: about 11 allocations to 10 invoices, 4 in 1,000 never paid."""
    chance = random.Random(seed)
    days = (LAST_DAY - FIRST_DAY).days
    issued = sorted(FIRST_DAY + timedelta(days=chance.randrange(days)) for _ in range(count))
    return [_invent_sale(number, on, chance) for number, on in enumerate(issued, 1)]


def _invent_sale(number: int, issued_on: date, chance: random.Random) -> Sale:
    gross = chance.randrange(5_000, 900_000)
    due_on = issued_on + timedelta(days=chance.choice((14, 30, 30, 45)))
    paid_on = max(issued_on, due_on + timedelta(days=round(chance.gauss(4, 11))))
    customer_id = chance.randrange(CUSTOMERS) + 1
    parts = [] if chance.random() < 0.004 else [gross] if chance.random() > 0.15 else [gross // 3, gross - gross // 3]
    placed = []
    for index, amount in enumerate(parts):
        on = paid_on + timedelta(days=20 * index)
        known = on + timedelta(days=31 if chance.random() < 0.01 else 0)
        if known <= LAST_DAY:
            placed.append((on, known, amount))
    currency = CURRENCIES[customer_id % len(CURRENCIES)]
    return Sale(number, customer_id, currency, issued_on, due_on, gross, tuple(placed))


def store_documents(sales: Sequence[Sale]) -> int:
    """Writes customers, invoices, instalments, payments and allocations; returns how many allocations."""
    from app.customers.models import Customer
    from app.invoices.models import Instalment, Invoice, InvoiceKind, InvoiceState
    from app.payments.models import Allocation, Payment

    _insert(
        Customer,
        [
            {
                "id": n,
                "number": f"C-{n}",
                "name": f"Customer {n}",
                "name_key": f"customer {n}",
                "country": "DE",
                "created_at": NOW,
            }
            for n in range(1, CUSTOMERS + 1)
        ],
    )
    drafts = [
        {
            "id": sale.invoice_id, "kind": InvoiceKind.INVOICE, "state": InvoiceState.ISSUED,
            "number": f"INV-{sale.invoice_id}", "customer_id": sale.customer_id, "currency": sale.currency,
            "issued_on": sale.issued_on, "issued_at": at_night(sale.issued_on), "due_on": sale.due_on,
            "gross_total": sale.gross, "amount_due": sale.gross, "created_at": NOW, "created_by": "system:bench",
        }
        for sale in sales
    ]  # fmt: skip
    for statement in _without_guards("instalment"):
        session().execute(text(statement))
    _insert(Invoice, drafts)
    _insert(
        Instalment,
        [{"invoice_id": sale.invoice_id, "position": 1, "due_on": sale.due_on, "amount": sale.gross} for sale in sales],
    )
    parts = [(sale, *part) for sale in sales for part in sale.parts]
    _insert(
        Payment,
        [
            {
                "id": n, "number": f"PAY-{n}", "customer_id": sale.customer_id, "received_on": on,
                "currency": sale.currency, "amount": amount,
                "recorded_at": at_night(known), "recorded_by": "system:bench",
            }
            for n, (sale, on, known, amount) in enumerate(parts, 1)
        ],
    )  # fmt: skip
    _insert(
        Allocation,
        [
            {
                "id": n, "payment_id": n, "invoice_id": sale.invoice_id, "instalment": 1, "amount": amount,
                "effective_on": on, "recorded_at": at_night(known), "recorded_by": "system:bench",
            }
            for n, (sale, on, known, amount) in enumerate(parts, 1)
        ],
    )  # fmt: skip
    return len(parts)


def _insert(model: Any, rows: list[dict[str, Any]]) -> None:
    session().execute(insert(model), rows)


def _without_guards(table: str) -> list[str]:
    """Invoices are written as issued at once here, so the guard that freezes their instalments stands aside."""
    from app.db.triggers import list_guards

    return [drop for guard in list_guards() if guard.table == table for drop in guard.drop("sqlite")]


def build_entries(sales: Sequence[Sale]) -> list[tuple[date, NewEntry]]:
    """The ledger entries with the day each became known, in that order."""
    entries: list[tuple[date, NewEntry]] = []
    for sale in sales:
        document = f"invoice:{sale.invoice_id}"
        common: dict[str, Any] = {"customer_id": sale.customer_id, "currency": sale.currency}
        issued = NewEntry(
            kind=EntryKind.INSTALMENT, effective_on=sale.issued_on, amount=sale.gross, reason=document,
            document=document, instalment=1, due_on=sale.due_on, **common,
        )  # fmt: skip
        entries.append((sale.issued_on, issued))
        for number, (on, known, amount) in enumerate(sale.parts):
            reason = f"allocation:{sale.invoice_id}.{number}"
            dated: dict[str, Any] = {"effective_on": on, "reason": reason, **common}
            entries += [
                (known, NewEntry(kind=EntryKind.RECEIPT, amount=-amount, **dated)),
                (known, NewEntry(kind=EntryKind.SETTLEMENT, amount=-amount, document=document, instalment=1, **dated)),
                (known, NewEntry(kind=EntryKind.APPLICATION, amount=amount, **dated)),
            ]
    return sorted(entries, key=lambda pair: pair[0])


def post_as_known(entries: Sequence[tuple[date, NewEntry]]) -> int:
    """Posts each day what became known on it and takes the snapshot at the end of each month; returns how many."""
    snapshots = 0
    for day, known in groupby(entries, key=itemgetter(0)):
        with unit_of_work():
            services.post_many([entry for _, entry in known], actor="system:bench", now=at_night(day))
            if is_month_end(day):
                services.take_snapshot(day, at_night(day))
                snapshots += 1
    return snapshots


def at_night(day: date) -> datetime:
    """When a day's facts are recorded."""
    return datetime(day.year, day.month, day.day, 22, tzinfo=UTC)


def measure(ask: Callable[[], list[Any]], rounds: int) -> tuple[list[Any], list[float]]:
    """The rows, and the CPU seconds of each round."""
    seconds, rows = [], []
    for _ in range(rounds):
        session().rollback()
        start = time.process_time()
        rows = ask()
        seconds.append(time.process_time() - start)
    return rows, seconds


def ask_from_snapshots(known_at: datetime = NOW) -> list[Any]:
    return list(queries.list_open_items(AS_OF, known_at))


def ask_plainly(known_at: datetime = NOW) -> list[Any]:
    return list(map(tuple, session().connection().execute(PLAIN, {"as_of": AS_OF, "known_at": known_at}).all()))


def compare(rounds: int) -> float:
    """Prints both medians and returns how many times faster the snapshots are. The rows have to be the same."""
    assert sorted(ask_from_snapshots(EARLIER)) == sorted(ask_plainly(EARLIER)), "the rows known earlier differ"
    measure(ask_from_snapshots, 2)
    measure(ask_plainly, 2)
    ours: list[float] = []
    plain: list[float] = []
    for _ in range(rounds):
        rows_ours, more = measure(ask_from_snapshots, 3)
        ours += more
        rows_plain, more = measure(ask_plainly, 2)
        plain += more
    assert rows_ours
    assert rows_ours != ask_from_snapshots(EARLIER), "the earlier moment has to be another question"
    assert sorted(rows_ours) == sorted(rows_plain), "the rows differ"
    ratio = median(plain) / median(ours)
    print(f"open items as of {AS_OF}: {len(rows_ours):,} rows, equal")
    print(f"plain join and group  {median(plain) * 1000:8.1f} ms CPU (median of {len(plain)})")
    print(f"snapshot and delta    {median(ours) * 1000:8.1f} ms CPU (median of {len(ours)})")
    print(f"ratio                 {ratio:8.1f} x   goal >= {GOAL:.0f} x   {'met' if ratio >= GOAL else 'NOT MET'}")
    return ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--invoices", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-aging-") as folder:
        app = Flask("bench", root_path=folder)
        connect_database(app, f"sqlite:///{Path(folder) / 'bench.sqlite3'}")
        with app.app_context():
            create_all(db.engine)
            sales = invent_sales(options.invoices)
            with unit_of_work():
                allocations = store_documents(sales)
            entries = build_entries(sales)
            start = time.process_time()
            snapshots = post_as_known(entries)
            seconds = time.process_time() - start
            print(f"{len(sales):,} invoices, {allocations:,} allocations, {len(entries):,} ledger entries")
            print(f"posted with {snapshots} snapshots in {seconds:.1f} s CPU: {len(entries) / seconds:,.0f} entries/s")
            with db.engine.connect() as connection:
                connection.exec_driver_sql("ANALYZE")
            return 0 if compare(options.rounds) >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
