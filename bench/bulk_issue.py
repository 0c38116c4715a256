"""Issues many drafts as a run does, without PDFs, on both engines; beside it one plain INSERT a transaction.

The ratio says what an invoice costs beyond the commit nobody can save: computing, checks, number, ledger, trail, mail.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import text

from app import create_app
from app.customers.queries import get_customer
from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.db.upgrade import upgrade
from app.invoices import batch
from app.invoices.queries_runs import Choice
from app.invoices.services import draft_invoice
from app.invoices.services.runs import start_run
from config import Settings
from tests import factories
from tests.harness import databases
from tests.harness.session import begin_run

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ACTOR = "system:bench"
PLAIN = 500


def main() -> int:
    options = _parse()
    run = begin_run()
    try:
        for engine in options.engines:
            _measure(engine, run, options)
    finally:
        run.end()
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="how many drafts (10000)")
    parser.add_argument("--engines", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--rules", action="store_true", help="with the official e-invoice rules, as the worker does")
    return parser.parse_args()


def _measure(engine: databases.EngineName, run: Any, options: argparse.Namespace) -> None:
    database = databases.make_database(engine, run, name="bench")
    database.renew()
    instance = Path(tempfile.mkdtemp(prefix="bulk-issue-"))
    app = create_app(Settings.model_validate({"TILLPAID_INSTANCE_DIR": instance, "database_url": database.url}))
    try:
        with app.app_context():
            _prepare(options.count)
            plain = _time(_insert_plainly, PLAIN)
            seconds = _time(lambda _count: _issue(options.rules), options.count)
            _say(engine, options.count, plain, seconds)
            session().rollback()
            db.session.remove()
            db.engine.dispose()
    finally:
        shutil.rmtree(instance, ignore_errors=True)


def _prepare(count: int) -> None:
    """Drafts of three lines over orders of their own, of as many customers as a month has."""
    upgrade(db.engine)
    factories.make_company(now=NOW)
    customers = [factories.make_customer(f"Customer {number}", now=NOW).id for number in range(min(count, 200))]
    lines = [("Vibration sensor", "4", "250"), ("Cable 5 m", "10", "12.35"), ("Mounting", "1", "480")]
    for number in range(count):
        order = factories.make_plain_order(get_customer(customers[number % len(customers)]), *lines)
        with unit_of_work():
            draft_invoice(order.id, actor=ACTOR, now=NOW)
        if number % 500 == 499:
            session().expunge_all()
            sys.stderr.write(f"\r{number + 1} drafts ")
            _keep_statistics()
    with unit_of_work() as current:
        current.execute(text("CREATE TABLE plain (id INTEGER PRIMARY KEY, number TEXT NOT NULL, gross BIGINT)"))


def _keep_statistics() -> None:
    """As a PostgreSQL in use does by itself; that of the tests has no autovacuum. SQLite works without."""
    if db.engine.dialect.name == "postgresql":
        with unit_of_work() as current:
            current.execute(text("ANALYZE"))


def _insert_plainly(count: int) -> None:
    for number in range(count):
        with unit_of_work() as current:
            row = {"id": number, "number": f"INV-2026-{number:05d}", "gross": 119000}
            current.execute(text("INSERT INTO plain (id, number, gross) VALUES (:id, :number, :gross)"), row)


def _issue(with_rules: bool) -> None:
    with unit_of_work():
        start_run(Choice(), date(2026, 11, 22), actor=ACTOR, now=NOW)
    aside: AbstractContextManager[object] = (
        nullcontext() if with_rules else patch.object(batch, "find_rule_faults", lambda _content: [])
    )
    with aside:
        batch.issue_runs(now=lambda: NOW, may_go_on=lambda: True)


def _time(work: Callable[[int], object], count: int) -> float:
    """Of one of them, in seconds."""
    began = time.perf_counter()
    work(count)
    return (time.perf_counter() - began) / count


def _say(engine: str, count: int, plain: float, each: float) -> None:
    issued = session().execute(text("SELECT COUNT(*), MAX(sequence) FROM invoice WHERE state = 'issued'")).one()
    sound = "numbers without a gap" if tuple(issued) == (count, count) else f"WRONG: {tuple(issued)}"
    print(
        f"\r{engine:<11} {count:>6,} invoices  {1 / each:7.1f} a second  {each * 1000:6.2f} ms each  "
        f"plain INSERT {plain * 1000:5.2f} ms  ratio {each / plain:5.1f}  {sound}"
    )


if __name__ == "__main__":
    sys.exit(main())
