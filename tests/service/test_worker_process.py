"""A real worker process: takes new mail within seconds, says that it is alive, and ends cleanly when told to."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from app import create_app
from app.db import slots
from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.kernel import clock
from app.outbox.services import NewMessage, enqueue

ROOT = Path(__file__).resolve().parents[2]


def wait_for(what, seconds=60.0):
    patience = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < patience:
        time.sleep(0.05)
    return found


@pytest.fixture
def started(settings):
    """A worker on the test's database, ready; killed at the end whatever happens."""
    environment = os.environ | {
        "DATABASE_URL": settings.effective_database_url,
        "TILLPAID_INSTANCE_DIR": str(settings.instance_dir),
        "SMTP_URL": "",
    }
    log = settings.instance_dir / "worker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", "from app.cli import main; main()", "worker"],
            cwd=ROOT, env=environment, stdout=output, stderr=output,
        )  # fmt: skip
    assert wait_for(lambda: "is ready" in log.read_text()), log.read_text()
    yield process
    process.kill()
    process.wait()


@pytest.mark.timeout(300)
def test_a_worker_takes_new_mail_within_seconds_and_ends_when_told(settings, started):
    app = create_app(settings)
    with app.app_context():
        with unit_of_work():
            new = NewMessage(
                kind="invoice", object_kind="invoice", object_id=1, recipient="ap@customer.example", subject="Invoice",
                body_text="Here it is.",
            )  # fmt: skip
            enqueue(new, now=clock.now())
        queued = time.monotonic()
        mails = settings.instance_dir / "mail"
        assert wait_for(lambda: mails.is_dir() and list(mails.glob("*.eml")), seconds=30)
        took = time.monotonic() - queued
        assert wait_for(lambda: list_beats())
        (beat,) = list_beats()
        assert clock.now() - beat.beat_at < timedelta(minutes=5)
        db.engine.dispose()
    assert took < 15  # two seconds, and patience with a busy machine
    started.send_signal(signal.SIGTERM)
    assert started.wait(timeout=60) == 0


def list_beats():
    found = slots.list_beats()
    session().rollback()
    return found
