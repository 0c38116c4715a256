"""Do numbers stay 1..n when several processes issue at once and every seventh transaction is rolled back?

    script/campaign numbering [--invoices 2000] [--processes 4] [--engine sqlite|postgresql] [--without-lock]

`--without-lock` reads the counter before the transaction and writes it back, as systems without a lock do: the
campaign must then fail, or it would prove nothing.
"""

from __future__ import annotations

import argparse
import multiprocessing
import queue
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
ROLL_BACK_EVERY = 7
CUSTOMERS = 8  # a customer's row lock would otherwise order the processes by itself
PATIENCE_SECONDS = 900

PROCESSES = multiprocessing.get_context("forkserver")  # the application is read once, not by every process
PROCESSES.set_forkserver_preload(["app.wiring", "campaign.numbering"])


class RolledBackOnPurpose(Exception):
    """The seventh transaction."""


@dataclass
class Outcome:
    """What came out. `duplicates`: numbers drawn twice by transactions that meant to commit."""

    engine: str
    issued: int
    highest: int
    gaps: int
    duplicates: int
    rolled_back: int
    seconds: float

    @property
    def is_sound(self) -> bool:
        return self.gaps == 0 and self.duplicates == 0 and self.highest == self.issued

    def __str__(self) -> str:
        verdict = "sound" if self.is_sound else "BROKEN"
        return (
            f"{self.engine}: issued {self.issued}, numbers 1..{self.highest}, gaps {self.gaps}, duplicates "
            f"{self.duplicates}, rolled back {self.rolled_back}, {self.issued / self.seconds:.0f} per second: {verdict}"
        )


@dataclass
class Drawn:
    """What one process did."""

    kept: list[int] = field(default_factory=list)
    rolled_back: int = 0


def run(database_url: str, *, invoices: int, processes: int, without_lock: bool = False) -> Outcome:
    """Issues drafts from several processes against a database that has the schema and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        with _application(database_url, folder):
            drafts = _prepare(invoices)
        start, answers = PROCESSES.Barrier(processes), PROCESSES.Queue()
        shares = [drafts[place::processes] for place in range(processes)]
        workers = [
            PROCESSES.Process(target=_issue_share, args=(database_url, folder, share, without_lock, start, answers))
            for share in shares
        ]
        began = time.monotonic()
        for worker in workers:
            worker.start()
        drawn = _collect(workers, answers)
        seconds = time.monotonic() - began
        with _application(database_url, folder) as app:
            return _judge(app, drawn, seconds)


def _collect(workers: list[Any], answers: Any) -> list[Drawn]:
    """What every process did. Raises RuntimeError as soon as one of them died."""
    drawn: list[Drawn] = []
    until = time.monotonic() + PATIENCE_SECONDS
    while len(drawn) < len(workers):
        try:
            drawn.append(answers.get(timeout=1))
        except queue.Empty:
            if any(worker.exitcode for worker in workers) or time.monotonic() > until:
                for worker in workers:
                    worker.kill()
                raise RuntimeError("a process died or hung; its own words stand above") from None
    for worker in workers:
        worker.join()
    return drawn


@contextmanager
def _application(database_url: str, folder: str) -> Iterator[Flask]:
    from app import create_app
    from app.db.base import db
    from config import Settings

    settings = Settings.model_validate({"database_url": database_url, "TILLPAID_INSTANCE_DIR": Path(folder)})
    app = create_app(settings)
    with app.app_context():
        yield app
        db.engine.dispose()


def _prepare(invoices: int) -> list[int]:
    from app.db.unit_of_work import unit_of_work
    from app.invoices.services import draft_invoice
    from tests import factories

    factories.make_company()
    customers = [factories.make_customer(f"Customer {place}") for place in range(CUSTOMERS)]
    orders = [factories.make_plain_order(customers[place % CUSTOMERS]).id for place in range(invoices)]
    with unit_of_work():
        return [draft_invoice(order, actor="system:campaign", now=NOW).id for order in orders]


def _issue_share(
    database_url: str, folder: str, drafts: list[int], without_lock: bool, start: Any, answers: Any
) -> None:
    """One process: every draft until it is issued."""
    drawn = Drawn()
    with _application(database_url, folder):
        start.wait()
        waiting, transactions = list(drafts), 0
        while waiting:
            transactions += 1
            rolls_back = transactions % ROLL_BACK_EVERY == 0
            if _try_one(waiting[0], drawn, rolls_back=rolls_back, without_lock=without_lock):
                waiting.pop(0)
    answers.put(drawn)


def _try_one(draft: int, drawn: Drawn, *, rolls_back: bool, without_lock: bool) -> bool:
    """Issues a draft in one transaction; says whether it is issued now."""
    from app.db.unit_of_work import in_unit_of_work
    from app.invoices.services import issue_invoice

    attempted: list[int] = []

    def work() -> None:
        invoice = issue_invoice(draft, issued_on=TODAY, actor="system:campaign", now=NOW)
        attempted[:] = [invoice.sequence or 0]
        if rolls_back:
            raise RolledBackOnPurpose

    try:
        with _number_source(without_lock, attempted):
            in_unit_of_work(work)
    except RolledBackOnPurpose:
        drawn.rolled_back += 1
        return False
    except IntegrityError:
        drawn.kept += attempted  # the unique index caught what the counter let through
        return False
    drawn.kept += attempted
    return True


@contextmanager
def _number_source(without_lock: bool, attempted: list[int]) -> Iterator[None]:
    """The real counter, or one that is read before the transaction and written back without a lock."""
    from app.db.base import session
    from app.db.sequences import Counter

    if not without_lock:
        yield
        return
    seen = session().scalar(select(Counter.last).where(Counter.series == "invoice")) or 0
    session().rollback()

    def draw(series: str, _on: date) -> tuple[str, str, int]:
        from app.company.services import next_number

        if seen == 0:
            next_number(series, TODAY)
        attempted[:] = [seen + 1]
        session().execute(update(Counter).where(Counter.series == series).values(last=seen + 1))
        return f"INV-2026-{seen + 1:05d}", "2026", seen + 1

    with patch("app.invoices.services.issue.next_number", draw):
        yield


def _judge(app: Flask, drawn: list[Drawn], seconds: float) -> Outcome:
    from app.db.base import db, session
    from app.invoices.models import Invoice

    numbers = list(session().scalars(select(Invoice.sequence).where(Invoice.series == "invoice")))
    kept = [number for one in drawn for number in one.kept]
    highest = max((number for number in numbers if number), default=0)
    return Outcome(
        engine=db.engine.dialect.name,
        issued=len(numbers),
        highest=highest,
        gaps=highest - len(set(numbers)),
        duplicates=len(kept) - len(set(kept)),
        rolled_back=sum(one.rolled_back for one in drawn),
        seconds=seconds,
    )


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 when the numbers are sound on every engine asked for."""
    from tests.harness.databases import ENGINES, make_database
    from tests.harness.session import begin_run

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--invoices", type=int, default=2_000)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--without-lock", action="store_true")
    chosen = parser.parse_args(arguments)
    test_run, sound = begin_run(), True
    try:
        for engine in chosen.engine or ENGINES:
            database = make_database(engine, test_run, name="numbering")
            database.renew()
            outcome = run(
                database.url, invoices=chosen.invoices, processes=chosen.processes, without_lock=chosen.without_lock
            )
            print(outcome, flush=True)
            sound = sound and outcome.is_sound
    finally:
        test_run.end()
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
