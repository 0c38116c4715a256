"""Aging per customer as of a past date at a million invoices, against DuckDB over the same rows in the same run.

    script/bench aging_million [--invoices N] [--rounds N] [--posting N]

The facts are those of `bench/aging.py`: invoices, allocations, one in a hundred recorded a month late. They are posted
day by day into a scratch SQLite ledger with a snapshot at each month's end. DuckDB gets the same entries in a table of
its own, and invoices and allocations as documents in two more; each of its queries gives the same rows, the ledger's
with unapplied cash, and the goal is set against the cheaper one. CPU time of this process, median of the rounds.

Growth asks the same question, the middle of a month that ended, when 2/5 of the history were posted and when all were.
The middle of a month that has no snapshot yet is shown beside it without a goal. Posting compares a smaller ledger
posted with month snapshots and without, in turn.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from flask import Flask

from app.db.base import connect_database, db, session
from app.db.schema import create_all
from app.db.unit_of_work import unit_of_work
from app.ledger import queries, services
from app.ledger.queries_aging import ON_ACCOUNT, list_sums_by_age
from app.ledger.queries_balance import Question
from app.ledger.rules import bucket_starts, is_month_end, month_end_before
from app.ledger.services import NewEntry
from bench.aging import AS_OF, FIRST_DAY, LAST_DAY, NOW, Sale, at_night, build_entries, invent_sales, measure

FASTER, GROWTH, POSTING = 0.5, 1.3, 1.3
EARLIER_SHARE = 0.4  # so the whole is 2.5 times that much
LEDGER = "ledger_entry"
DOCUMENTS = "invoices and allocations"

Entries = list[tuple[date, NewEntry]]


@contextmanager
def scratch_ledger() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bench-aging-") as folder:
        app = Flask("bench", root_path=folder)
        connect_database(app, f"sqlite:///{Path(folder) / 'bench.sqlite3'}")
        with app.app_context():
            create_all(db.engine)
            yield Path(folder)
            session().rollback()
            db.engine.dispose()


def post_until(entries: Entries, until: date, *, snapshots: bool = True) -> float:
    """Posts what became known up to that day, takes the month snapshots, and returns the CPU seconds."""
    start = time.process_time()
    for day, known in groupby(entries, key=itemgetter(0)):
        if day > until:
            break
        with unit_of_work():
            services.post_many([entry for _, entry in known], actor="system:bench", now=at_night(day))
            if snapshots and is_month_end(day):
                services.take_snapshot(day, at_night(day))
    return time.process_time() - start


def ask(as_of: date, known_at: datetime) -> list[Any]:
    """What `tillpaid aging --by customer` reads."""
    return list(list_sums_by_age(Question(as_of, queries.position_at(known_at))))


def place_in(as_of: date, due_on: str) -> str:
    """The place of a due date among the buckets, as SQL."""
    cases = "".join(f" WHEN {due_on} >= DATE '{start}' THEN {at}" for at, start in enumerate(bucket_starts(as_of)))
    return f"CASE WHEN {due_on} IS NULL THEN {ON_ACCOUNT}{cases} ELSE {ON_ACCOUNT - 1} END"


class Duck:
    """The same facts in DuckDB, in tables of its own."""

    def __init__(self, folder: Path, sales: list[Sale]) -> None:
        self.connection = duckdb.connect(str(folder / "bench.duckdb"))
        self._load_documents(folder, sales)
        self._load_entries(folder)

    def _load_documents(self, folder: Path, sales: list[Sale]) -> None:
        self._load(
            folder, "invoice", "id BIGINT, customer_id BIGINT, currency VARCHAR, issued_on DATE, due_on DATE, "
            "amount BIGINT, recorded_at TIMESTAMP",
            (
                (s.invoice_id, s.customer_id, s.currency, s.issued_on, s.due_on, s.gross, _naive(s.issued_on))
                for s in sales
            ),
        )  # fmt: skip
        self._load(
            folder, "allocation", "invoice_id BIGINT, amount BIGINT, effective_on DATE, recorded_at TIMESTAMP",
            ((s.invoice_id, amount, on, _naive(known)) for s in sales for on, known, amount in s.parts),
        )  # fmt: skip

    def _load_entries(self, folder: Path) -> None:
        columns = (
            "position, recorded_at, effective_on, customer_id, currency, document, instalment, due_on, item, amount"
        )
        with db.engine.connect() as connection:
            rows = connection.exec_driver_sql(f"SELECT {columns} FROM ledger_entry ORDER BY position")
            self._load(
                folder, "ledger_entry", "position BIGINT, recorded_at TIMESTAMP, effective_on DATE, "
                "customer_id BIGINT, currency VARCHAR, document VARCHAR, instalment BIGINT, due_on DATE, item BIGINT, "
                "amount BIGINT", rows,
            )  # fmt: skip

    def _load(self, folder: Path, table: str, columns: str, rows: Any) -> None:
        path = folder / f"{table}.csv"
        with path.open("w") as file:
            file.writelines(",".join("" if one is None else str(one) for one in row) + "\n" for row in rows)
        self.connection.execute(f"CREATE TABLE {table} ({columns})")
        self.connection.execute(f"COPY {table} FROM '{path}' (HEADER false, NULLSTR '')")
        path.unlink()

    def ask(self, way: str, as_of: date, known_at: datetime) -> list[Any]:
        known = f"TIMESTAMP '{known_at:%Y-%m-%d %H:%M:%S}'"
        query = self._of_entries(as_of, known) if way == LEDGER else self._of_documents(as_of, known)
        return self.connection.execute(query).fetchall()

    def _of_entries(self, as_of: date, known: str) -> str:
        return f"""
            SELECT customer_id, currency, {place_in(as_of, "due_on")} AS place, SUM(amount)::BIGINT
              FROM ledger_entry
             WHERE effective_on <= DATE '{as_of}' AND recorded_at <= {known}
             GROUP BY ALL HAVING SUM(amount) <> 0"""

    def _of_documents(self, as_of: date, known: str) -> str:
        """Without unapplied cash: every payment of these facts is placed on the day it came."""
        return f"""
            WITH settled AS (
                SELECT invoice_id, SUM(amount) AS amount FROM allocation
                 WHERE effective_on <= DATE '{as_of}' AND recorded_at <= {known} GROUP BY invoice_id)
            SELECT i.customer_id, i.currency, {place_in(as_of, "i.due_on")} AS place,
                   SUM(i.amount - COALESCE(s.amount, 0))::BIGINT
              FROM invoice i LEFT JOIN settled s ON s.invoice_id = i.id
             WHERE i.issued_on <= DATE '{as_of}' AND i.recorded_at <= {known}
             GROUP BY ALL HAVING SUM(i.amount - COALESCE(s.amount, 0)) <> 0"""

    def use_threads(self, count: int) -> None:
        self.connection.execute(f"SET threads = {count}")


def _naive(day: date) -> datetime:
    return at_night(day).replace(tzinfo=None)


def seconds_of(question: Callable[[], list[Any]], rounds: int) -> float:
    measure(question, 2)
    return median(measure(question, rounds)[1])


def compare(duck: Duck, rounds: int) -> float:
    """Prints everybody's CPU time for the same rows and returns ours over the cheapest of DuckDB's."""
    ours = sorted(map(tuple, ask(AS_OF, NOW)))
    for way in (LEDGER, DOCUMENTS):
        assert sorted(duck.ask(way, AS_OF, NOW)) == ours, f"the rows of {way} differ"
    earlier = at_night(AS_OF + timedelta(days=6))
    assert sorted(duck.ask(LEDGER, AS_OF, earlier)) == sorted(map(tuple, ask(AS_OF, earlier))) != ours
    print(f"aging per customer as of {AS_OF}: {len(ours):,} rows, equal")
    mine, theirs = [], []
    for threads in (1, 2):
        duck.use_threads(threads)
        for way in (LEDGER, DOCUMENTS):
            mine.append(seconds_of(lambda: ask(AS_OF, NOW), rounds))
            theirs.append(seconds_of(lambda way=way: duck.ask(way, AS_OF, NOW), rounds))  # type: ignore[misc]
            print(
                f"DuckDB, {threads} thread(s), {way:<26} {theirs[-1] * 1000:8.1f} ms CPU; ours {mine[-1] * 1000:6.1f}"
            )
    compare_days(duck, rounds)
    return verdict("ours against the cheapest DuckDB", median(mine) / min(theirs), FASTER)


def compare_days(duck: Duck, rounds: int) -> None:
    """Prints the same for other days: of that month, and of one that was known before it had ended."""
    other = [(AS_OF.replace(day=day), NOW) for day in (3, 7, 8, 22, 30)] + [(AS_OF, at_night(AS_OF))]
    for as_of, known_at in other:
        assert sorted(duck.ask(LEDGER, as_of, known_at)) == sorted(map(tuple, ask(as_of, known_at)))
        mine = seconds_of(lambda: ask(as_of, known_at), rounds)  # noqa: B023 - asked at once
        theirs = seconds_of(lambda: duck.ask(LEDGER, as_of, known_at), rounds)  # noqa: B023
        print(f"as of {as_of}, known at {known_at:%Y-%m-%d}: {mine * 1000:.1f} ms CPU, {mine / theirs:.2f} of DuckDB")


def compare_posting(invoices: int) -> float:
    """Posts the same facts with and without snapshots, twice each in turn."""
    entries = build_entries(invent_sales(invoices))
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for snapshots in (True, False, False, True):
        with scratch_ledger():
            seconds[snapshots].append(post_until(entries, LAST_DAY, snapshots=snapshots))
    on, off = min(seconds[True]), min(seconds[False])
    print(f"posting {len(entries):,} entries: {on:.1f} s CPU with snapshots, {off:.1f} s without")
    return verdict("posting with snapshots against without", on / off, POSTING)


def verdict(what: str, ratio: float, goal: float) -> float:
    print(f"{what}: {ratio:.2f}   goal <= {goal}   {'met' if ratio <= goal else 'NOT MET'}", flush=True)
    return ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--invoices", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--posting", type=int, default=60_000, help="invoices of the posting comparison")
    options = parser.parse_args()
    posting = compare_posting(options.posting)
    sales = invent_sales(options.invoices)
    entries = build_entries(sales)
    first_part = FIRST_DAY + timedelta(days=round((LAST_DAY - FIRST_DAY).days * EARLIER_SHARE))
    early = month_end_before(first_part).replace(day=14)
    with scratch_ledger() as folder:
        seconds = post_until(entries, first_part)
        at_first = seconds_of(lambda: ask(early, at_night(first_part)), options.rounds)
        rows_at_first = len(ask(early, at_night(first_part)))
        rest = [pair for pair in entries if pair[0] > first_part]
        seconds += post_until(rest, LAST_DAY)
        print(
            f"{len(sales):,} invoices, {sum(len(sale.parts) for sale in sales):,} allocations, {len(entries):,} entries"
        )
        print(f"posted in {seconds:.0f} s CPU: {len(entries) / seconds:,.0f} entries/s", flush=True)
        del entries, rest
        at_last = seconds_of(lambda: ask(AS_OF, NOW), options.rounds)
        print(f"as of {early}, after 2/5: {at_first * 1000:.1f} ms CPU, {rows_at_first:,} rows; "
              f"as of {AS_OF}, after all: {at_last * 1000:.1f} ms CPU")  # fmt: skip
        growth = verdict("growth over 2.5 times the history", at_last / at_first, GROWTH)
        faster = compare(Duck(folder, sales), options.rounds)
    return int(faster > FASTER or growth > GROWTH or posting > POSTING)


if __name__ == "__main__":
    sys.exit(main())
