"""Kills the worker again and again while mails wait, against a real mail server: nothing is doubled, nothing is lost.

    script/campaign mail_kill [--kills 50] [--mails 500] [--seed N] [--postgresql] [--unprotected]

Every message key must be accepted by the server exactly once, or stand in the outbox as uncertain, for a person.
`--unprotected` leaves out the commit before DATA and must therefore send mails twice: it shows that the check can fail.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from app import create_app
from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.db.upgrade import upgrade
from app.kernel import clock
from app.outbox.models import Message
from app.outbox.rules import MessageState
from app.outbox.services import NewMessage, enqueue
from config import Settings
from tests.harness.smtp import Slow, SmtpServer

ROOT = Path(__file__).resolve().parents[1]
START_PATIENCE = 60.0
SLOWEST_ANSWER = 0.02  # seconds between taking a mail in and saying so: the dangerous moment
# After the last kill the leases have run out for whoever looks a day later
A_DAY = timedelta(days=1)
MOST_ROUNDS = 20


@dataclass(frozen=True)
class Tally:
    """What came of a campaign. `broken` are message keys that are neither accepted once nor uncertain."""

    mails: int
    kills: int
    attempted: int
    accepted: int
    uncertain: int
    duplicated: int
    broken: int

    @property
    def holds(self) -> bool:
        return not self.duplicated and not self.broken and self.accepted + self.uncertain == self.mails

    def __str__(self) -> str:
        return (
            f"{self.mails} mails, {self.kills} kills: attempted {self.attempted}, accepted {self.accepted}, "
            f"uncertain {self.uncertain}, duplicated {self.duplicated}, broken {self.broken}"
        )


def run(settings: Settings, *, kills: int, mails: int, seed: int, protected: bool = True) -> Tally:
    """Queues, kills, lets the rest be sent, and counts on both sides. The database has its schema and is empty."""
    app = create_app(settings)
    with app.app_context():
        queue(mails, clock.now(), seed)
        db.engine.dispose()
    chance = random.Random(seed)
    with SmtpServer() as server:
        server.decide(lambda _sender, _attempt: Slow("DOT", chance.uniform(0, SLOWEST_ANSWER)))
        done = sum(_kill_once(settings, server, chance, mails, protected) for _ in range(kills))
        _send_the_rest(settings, server, protected)
        return _count(app, server, mails, done, seed)


def queue(mails: int, now: datetime, seed: int) -> None:
    with unit_of_work():
        for number in range(1, mails + 1):
            new = NewMessage(
                kind="invoice", object_kind="invoice", object_id=number, level=seed,
                recipient=f"ap{number}@customer.example", subject=f"Invoice {number}", body_text="Here it is.\n" * 20,
            )  # fmt: skip
            enqueue(new, now=now)


def _kill_once(settings: Settings, server: SmtpServer, chance: random.Random, mails: int, protected: bool) -> bool:
    """Starts a real worker and kills it after a few mails, at no moment in particular. False when all mails are out."""
    if len(server.received) >= mails:
        return False
    goal = len(server.received) + chance.randint(1, max(2, mails // 60))
    worker = _start(settings, server, protected)
    patience = time.monotonic() + START_PATIENCE
    while len(server.received) < min(goal, mails) and worker.poll() is None and time.monotonic() < patience:
        time.sleep(0.001)
    time.sleep(chance.uniform(0, 2 * SLOWEST_ANSWER))
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    return True


def _send_the_rest(settings: Settings, server: SmtpServer, protected: bool) -> None:
    """Rounds of a worker that looks a day later, when every lease of a dead one has run out."""
    app = create_app(settings)
    for _ in range(MOST_ROUNDS):
        worker = _start(settings, server, protected, "--once", "--now", (clock.now() + A_DAY).isoformat())
        if worker.wait(timeout=600):
            raise RuntimeError((settings.instance_dir / "workers.log").read_text()[-3000:])
        with app.app_context():
            waiting = select(Message.id).where(Message.state.not_in((MessageState.ACCEPTED, MessageState.UNCERTAIN)))
            is_done = session().scalar(waiting.limit(1)) is None
            session().rollback()
            db.engine.dispose()
        if is_done:
            return


def _start(settings: Settings, server: SmtpServer, protected: bool, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DATABASE_URL": settings.effective_database_url,
        "TILLPAID_INSTANCE_DIR": str(settings.instance_dir),
        "TILLPAID_ENV": "development",
        "SMTP_URL": server.url,
    }
    program = ["-c", "from app.cli import main; main()"] if protected else ["-m", "campaign._reckless"]
    with (settings.instance_dir / "workers.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, *program, "worker", *arguments], cwd=ROOT, env=environment, stdout=log, stderr=log
        )


def _count(app: Flask, server: SmtpServer, mails: int, kills: int, seed: int) -> Tally:
    received = Counter(one.message_id for one in server.received)
    with app.app_context():
        rows = list(session().execute(select(Message.message_id, Message.state).where(Message.level == seed)))
        session().rollback()
        db.engine.dispose()
    broken = sum(not _is_whole(state, received[message_id]) for message_id, state in rows)
    return Tally(
        mails=mails,
        kills=kills,
        attempted=server.attempts,
        accepted=sum(state == MessageState.ACCEPTED for _id, state in rows),
        uncertain=sum(state == MessageState.UNCERTAIN for _id, state in rows),
        duplicated=sum(count > 1 for count in received.values()),
        broken=broken + abs(mails - len(rows)),
    )


def _is_whole(state: MessageState, times: int) -> bool:
    """Accepted and there once, or uncertain and there once or not at all."""
    return times == 1 if state == MessageState.ACCEPTED else state == MessageState.UNCERTAIN and times <= 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--mails", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL of its own instead of SQLite")
    parser.add_argument("--unprotected", action="store_true", help="without the commit before DATA: must fail")
    options = parser.parse_args()
    with ExitStack() as stack:
        settings = scratch_settings(stack, postgresql=options.postgresql)
        protected = not options.unprotected
        tally = run(settings, kills=options.kills, mails=options.mails, seed=options.seed, protected=protected)
    print(f"seed {options.seed}, {'PostgreSQL' if options.postgresql else 'SQLite'}, {tally}")
    return 0 if tally.holds else 1


def scratch_settings(stack: ExitStack, *, postgresql: bool) -> Settings:
    """Settings of an empty database with its schema, gone when the stack closes."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tillpaid-campaign-")))
    url = ""
    if postgresql:
        from tests.harness.postgres import ensure_cluster
        from tests.harness.session import begin_run

        test_run = begin_run()
        stack.callback(test_run.end)
        cluster = ensure_cluster(test_run)
        cluster.create("campaign")
        url = cluster.url("campaign")
    settings = Settings.model_validate({"TILLPAID_INSTANCE_DIR": folder, "database_url": url, "smtp_url": ""})
    app = create_app(settings)
    with app.app_context():
        upgrade(db.engine)
        stack.callback(db.engine.dispose)
    return settings


if __name__ == "__main__":
    raise SystemExit(main())
