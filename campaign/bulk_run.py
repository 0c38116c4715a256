"""A run over many drafts with real workers, stopped, resumed, and one of them killed: numbers 1..n, each draft once.

    script/campaign bulk_run [--count 1000] [--workers 2] [--kills 1] [--postgresql]

The drafts are of customers in three languages, as Factur-X, so the official rules look at each of them.
Seconds count from the start of the run; what a killed worker held, which waits for its lease, is left out.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from app import create_app
from app.audit.models import AuditEntry
from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.invoices.batch import PER_CLAIM
from app.invoices.models import Invoice, InvoiceState
from app.invoices.queries_runs import Choice, get_run, read_progress
from app.invoices.rules_runs import LEASE, DraftState, Progress
from app.invoices.services import draft_invoice
from app.invoices.services.runs import resume_run, start_run, stop_run
from app.kernel import clock
from app.verify import verify
from campaign.mail_kill import scratch_settings
from config import Settings

ROOT = Path(__file__).resolve().parents[1]
ACTOR = "system:campaign"
CUSTOMERS = 12
LINES = (("Vibration sensor", "4", "250"), ("Cable 5 m", "10", "12.35"), ("Mounting", "1", "480"))
PATIENCE_SECONDS = 1_800
LOOKED_EVERY = 0.25


@dataclass(frozen=True)
class Tally:
    """What came out. `orphans` are processes of killed workers that went on without them."""

    drafts: int
    issued: int
    gaps: int
    doubled: int
    rendered: int
    killed: int
    orphans: int
    broken: int
    seconds_issued: float
    seconds_rendered: float
    cores: float

    @property
    def holds(self) -> bool:
        whole = self.drafts == self.issued == self.rendered
        return whole and not (self.gaps or self.doubled or self.orphans or self.broken)

    def __str__(self) -> str:
        return (
            f"{self.drafts} drafts: issued {self.issued}, gaps {self.gaps}, doubled {self.doubled}, "
            f"PDFs {self.rendered}, killed workers {self.killed}, orphans {self.orphans}, "
            f"broken invariants {self.broken}; all issued in {self.seconds_issued:.0f} s "
            f"({self.issued / self.seconds_issued:.1f} a second), all PDFs in {self.seconds_rendered:.0f} s "
            f"({self.rendered / self.seconds_rendered:.1f} a second), {self.cores:.1f} of {os.cpu_count()} cores used"
        )


def run(settings: Settings, *, count: int, workers: int, kills: int) -> Tally:
    """Drafts, a run, real workers; a stop at a quarter, kills from the half on, then everything is counted."""
    app = create_app(settings)
    with app.app_context():
        run_id = _prepare(count)
        db.engine.dispose()
    began = time.monotonic()
    crew = Crew(settings, workers)
    try:
        return _lead(app, run_id, crew, began, count=count, kills=kills)
    finally:
        crew.end()


def _lead(app: Flask, run_id: int, crew: Crew, began: float, *, count: int, kills: int) -> Tally:
    _wait(app, run_id, lambda now: now.issued >= count // 4)
    paused = _stop_and_resume(app, run_id)
    for number in range(kills):
        _wait(app, run_id, lambda now, least=count * (2 + number) // (3 + kills): now.issued >= least)  # type: ignore[misc]
        crew.kill_one()
    _wait(app, run_id, lambda now: not now.counts.get(DraftState.WAITING) and now.left <= PER_CLAIM * kills)
    issued = time.monotonic() - began - paused
    held = 2 * (os.cpu_count() or 1)  # documents a worker claims at once
    _wait(app, run_id, lambda now: now.rendered >= now.issued - held * kills)
    rendered = time.monotonic() - began - paused
    cores = crew.end() / (rendered + paused)
    # What a killed worker held is free for whoever looks after its lease
    later = clock.now() + LEASE + timedelta(minutes=1)
    crew.round_at(later.isoformat())
    return _count(app, run_id, count, crew, later, issued, rendered, cores)


def _prepare(count: int) -> int:
    from tests import factories

    now = clock.now()
    factories.make_company(now=now, contact_name="Ada Weber", phone="+49 30 1234567")
    customers = [
        factories.make_customer(f"Customer {place}", now=now, language=("en", "de", "fr")[place % 3])
        for place in range(CUSTOMERS)
    ]
    for place in range(count):
        order = factories.make_plain_order(customers[place % CUSTOMERS], *LINES)
        with unit_of_work():
            draft_invoice(order.id, actor=ACTOR, now=now)
    with unit_of_work():
        return start_run(Choice(), clock.business_today(now, "Europe/Berlin"), actor=ACTOR, now=clock.now()).id


@dataclass
class Crew:
    """Worker processes of one instance, each the leader of a group of its own."""

    settings: Settings
    size: int

    def __post_init__(self) -> None:
        self.running = [self._start() for _ in range(self.size)]
        self.killed: list[int] = []

    def kill_one(self) -> None:
        """The oldest, at whatever it does, and another in its place."""
        victim = self.running.pop(0)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.killed.append(victim.pid)
        self.running.append(self._start())

    def end(self) -> float:
        """Lets all of them end; the seconds of processor time they and their processes took."""
        for one in self.running:
            one.send_signal(signal.SIGTERM)
        for one in self.running:
            one.wait(timeout=120)
        self.running = []
        spent = os.times()
        return spent.children_user + spent.children_system

    def round_at(self, now: str) -> None:
        self._start("--once", "--now", now).wait(timeout=PATIENCE_SECONDS)

    def count_orphans(self) -> int:
        """Killed workers of whose group a process is still alive."""
        return sum(_is_alive(group) for group in self.killed)

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "DATABASE_URL": self.settings.effective_database_url,
            "TILLPAID_INSTANCE_DIR": str(self.settings.instance_dir),
            "TILLPAID_ENV": "development",
            "SMTP_URL": "",
        }
        command = [sys.executable, "-c", "from app.cli import main; main()", "worker", *words]
        with (self.settings.instance_dir / "workers.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _stop_and_resume(app: Flask, run_id: int) -> float:
    """How long the run rested: until no draft is held any more, and two seconds in which no number is drawn."""
    began = time.monotonic()
    with app.app_context(), unit_of_work():
        stop_run(run_id, actor=ACTOR, now=clock.now())
    _wait(app, run_id, lambda now: not now.counts.get(DraftState.CLAIMED))
    before = _look(app, run_id).issued
    time.sleep(2)
    if _look(app, run_id).issued != before:
        raise RuntimeError("a stopped run went on")
    with app.app_context(), unit_of_work():
        resume_run(run_id, actor=ACTOR, now=clock.now())
    return time.monotonic() - began


def _wait(app: Flask, run_id: int, is_there: Callable[[Progress], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_there(_look(app, run_id)):
        if time.monotonic() > until:
            raise RuntimeError("the run stands still; see workers.log")
        time.sleep(LOOKED_EVERY)


def _look(app: Flask, run_id: int) -> Progress:
    with app.app_context():
        progress = read_progress(get_run(run_id))
        session().rollback()
        return progress


def _count(
    app: Flask, run_id: int, drafts: int, crew: Crew, now: datetime, issued: float, rendered: float, cores: float
) -> Tally:
    progress = _look(app, run_id)
    with app.app_context():
        numbers = list(session().scalars(select(Invoice.sequence).where(Invoice.state == InvoiceState.ISSUED)))
        notes = select(AuditEntry.object_id).where(AuditEntry.action == "invoice.issued")
        twice = notes.group_by(AuditEntry.object_id).having(func.count() > 1).subquery()
        doubled = session().scalar(select(func.count()).select_from(twice)) or 0
        broken = verify(now).broken
        for verdict in broken:
            print(verdict.invariant.code, verdict.findings[:3], file=sys.stderr)
        session().rollback()
        db.engine.dispose()
    found = {number for number in numbers if number}
    return Tally(
        drafts, len(numbers), max(found, default=0) - len(found), doubled + len(numbers) - len(found),
        progress.rendered, len(crew.killed), crew.count_orphans(), len(broken), issued, rendered, cores,
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kills", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL of its own instead of SQLite")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        settings = scratch_settings(stack, postgresql=chosen.postgresql)
        tally = run(settings, count=chosen.count, workers=chosen.workers, kills=chosen.kills)
    print(tally)
    return 0 if tally.holds else 1


if __name__ == "__main__":
    raise SystemExit(main())
