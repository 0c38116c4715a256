"""Two workers on one PostgreSQL and many due slots: each slot ran once. A worker off for three days makes up for them.

    script/campaign slots [--slots 200] [--workers 2] [--kills 4] [--seed N] [--sqlite] [--unprotected]

Each run of a slot writes one line in the unit of work that ends it; workers are real processes, some of which are
killed and started again. Then a company whose worker was off for three days: three reports, in order, once each.
`--unprotected` takes slots without looking whether somebody has them, and must therefore run slots twice.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app import create_app, worker
from app.audit.models import AuditEntry
from app.audit.services import record
from app.company.services import CompanyData, set_up_company
from app.db import slots
from app.db.base import db, session
from app.db.rules_slots import LEASE, Monthly
from app.db.slots import Slot, SlotClaim, SlotState
from app.db.unit_of_work import unit_of_work
from app.jobs import JOBS, Job
from app.kernel import clock
from app.reports.models import MisReport
from campaign.mail_kill import START_PATIENCE, scratch_settings
from config import Settings

ROOT = Path(__file__).resolve().parents[1]
RAN = "campaign.ran"
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
COMPANY = CompanyData(
    name="Campaign GmbH", street="Weg 1", postal_code="10115", city="Berlin", country="DE", vat_id="DE136695976",
    email="accounts@campaign.example.com", time_zone="Europe/Berlin",
)  # fmt: skip


@dataclass(frozen=True)
class Tally:
    """What came of many workers on many slots."""

    slots: int
    workers: int
    kills: int
    ran: int
    twice: int
    never: int

    @property
    def holds(self) -> bool:
        return not self.twice and not self.never and self.ran == self.slots

    def __str__(self) -> str:
        return (
            f"{self.slots} slots, {self.workers} workers, {self.kills} kills: "
            f"ran {self.ran}, twice {self.twice}, never {self.never}"
        )


def run(settings: Settings, *, count: int, workers: int, kills: int, seed: int, protected: bool = True) -> Tally:
    """Fills the empty database with due slots and lets real worker processes fight for them."""
    app = create_app(settings)
    with app.app_context():
        _fill(count)
        db.engine.dispose()
    chance = random.Random(seed)
    _fight(app, settings, workers, kills, chance, protected)
    with app.app_context():
        times = _times_ran()
        session().rollback()
        db.engine.dispose()
    twice = sum(number > 1 for number in times.values())
    return Tally(count, workers, kills, sum(times.values()), twice, count - len(times))


def make_up_for_three_days(settings: Settings) -> list[date]:
    """A worker runs, is off for three days and runs again: the days it reported afterwards, in the order it did."""
    app = create_app(settings)
    monday = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
    table = [job for job in JOBS if job.name == "mis.daily"]
    with app.app_context():
        with unit_of_work():
            set_up_company(COMPANY, actor="system:campaign", now=monday)
        worker.run_once(app, monday + timedelta(hours=20), table)
        before = _reported()
        for minutes in (0, 1, 2):
            worker.run_once(app, monday + timedelta(days=3, hours=20, minutes=minutes), table)
        after = _reported()[len(before) :]
        db.engine.dispose()
        return after


def _reported() -> list[date]:
    """Ends its read at once: an open one would keep the worker of the same process from committing."""
    days = list(session().scalars(select(MisReport.on).order_by(MisReport.id)))
    session().rollback()
    return days


def _fill(count: int) -> None:
    due_at = clock.now() - timedelta(hours=1)
    with unit_of_work() as current:
        for number in range(count):
            local = (FIRST + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M")
            current.add(Slot(job=f"many.{number:05d}", local_time=local, period=local, due_at=due_at))


def _times_ran() -> Counter[int]:
    counted = select(AuditEntry.object_id, func.count()).where(AuditEntry.action == RAN).group_by(AuditEntry.object_id)
    return Counter({row[0]: row[1] for row in session().execute(counted)})


def _fight(app: Flask, settings: Settings, workers: int, kills: int, chance: random.Random, protected: bool) -> None:
    running = [_start(settings, workers, protected) for _ in range(workers)]
    count = _done(app, SlotState.DUE)
    for number in range(1, kills + 1):
        while _done(app, SlotState.DONE) < number * count // (kills + 1) and any(one.poll() is None for one in running):
            time.sleep(0.05)
        time.sleep(chance.uniform(0, 0.1))
        victim = chance.randrange(workers)
        running[victim].send_signal(signal.SIGKILL)
        running[victim].wait()
        running[victim] = _start(settings, workers, protected)
    for one in running:
        one.wait(timeout=900)
    if protected:
        # what a killed worker held is free again when its lease has run out
        _start(settings, workers, protected, clock.now() + LEASE + timedelta(minutes=1)).wait(timeout=900)


def _done(app: Flask, state: SlotState) -> int:
    with app.app_context():
        number = session().scalar(select(func.count()).select_from(Slot).where(Slot.state == state)) or 0
        session().rollback()
        db.engine.dispose()
        return number


def _start(settings: Settings, workers: int, protected: bool, now: datetime | None = None) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DATABASE_URL": settings.effective_database_url,
        "TILLPAID_INSTANCE_DIR": str(settings.instance_dir),
        "SMTP_URL": "",
    }
    words = [
        "--as-worker",
        "--workers",
        str(workers),
        *([] if protected else ["--unprotected"]),
        *(["--now", now.isoformat()] if now else []),
    ]
    command = [sys.executable, "-m", "campaign.slots", *words]
    with (settings.instance_dir / "workers.log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)


# --- one worker process -----------------------------------------------------------------------------------------------


def be_worker(now: datetime | None, protected: bool, others: int) -> None:
    """Takes slots until none is left; the first ones begin together."""
    app = create_app()
    with app.app_context():
        table = _table()
        contender = worker.Worker(app, (lambda: now) if now else clock.now, table)
        _wait_for_others(Path(app.instance_path), others)
        if not protected:
            _take_everything(contender)
            return
        contender.run_slots()


def _wait_for_others(folder: Path, others: int) -> None:
    (folder / f"ready-{os.getpid()}").touch()
    patience = time.monotonic() + START_PATIENCE
    while len(list(folder.glob("ready-*"))) < others and time.monotonic() < patience:
        time.sleep(0.005)


def _table() -> list[Job]:
    names = list(session().scalars(select(Slot.job).order_by(Slot.job)))
    session().rollback()
    return [Job(name, name, lambda _company: Monthly(1, datetime.min.time()), LEASE, _run_of(name)) for name in names]


def _run_of(name: str) -> Any:
    def run(_on: date, now: datetime, _found: Any) -> dict[str, Any]:
        record(RAN, actor="system:campaign", now=now, object_kind="slot", object_id=int(name.rpartition(".")[2]) + 1)
        return {}

    return run


def _take_everything(contender: worker.Worker) -> None:
    """Looks for due slots and runs them without taking them first."""
    due = list(session().execute(select(Slot.job, Slot.local_time).where(Slot.state == SlotState.DUE)))
    session().rollback()
    for name, local_time in due:
        with unit_of_work():
            job, now = contender.jobs[name], contender.now()
            slot = session().get(Slot, (name, local_time))
            assert slot is not None
            slots.finish_slot(slot, job.run(SlotClaim(name, local_time, 1).local_date, now, None), now=now)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slots", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sqlite", action="store_true", help="on SQLite instead of a PostgreSQL of its own")
    parser.add_argument("--unprotected", action="store_true", help="without claims: must fail")
    parser.add_argument("--as-worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--now", type=datetime.fromisoformat, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.as_worker:
        be_worker(options.now, not options.unprotected, options.workers)
        return 0
    with ExitStack() as stack:
        settings = scratch_settings(stack, postgresql=not options.sqlite)
        tally = run(
            settings, count=options.slots, workers=options.workers, kills=options.kills, seed=options.seed,
            protected=not options.unprotected,
        )  # fmt: skip
    print(f"seed {options.seed}, {'SQLite' if options.sqlite else 'PostgreSQL'}, {tally}")
    with ExitStack() as stack:
        days = make_up_for_three_days(scratch_settings(stack, postgresql=not options.sqlite))
    print(f"off for three days: reports of {', '.join(map(str, days))}")
    return 0 if tally.holds and days == sorted(set(days)) and len(days) == 3 else 1


if __name__ == "__main__":
    raise SystemExit(main())
