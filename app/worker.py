"""The worker: plans and runs due slots, renders what was asked for, delivers the outbox; every few seconds, or once.

Any number of workers on any number of hosts may run; the database decides who does what.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask

from app import jobs
from app.company.queries import is_quarantined
from app.db import slots
from app.db.base import session
from app.db.slots import SlotClaim
from app.db.unit_of_work import in_unit_of_work, unit_of_work
from app.documents import services as documents
from app.documents.queries import is_rendering_due
from app.documents.rendering import default_renderer
from app.documents.services import ClaimedRequest, DocumentRequestLost, RenderedDocument
from app.invoices.batch import RunCount, issue_runs
from app.jobs import JOBS, Job
from app.kernel import clock
from app.outbox.choice import choose_transport
from app.outbox.delivery import DeliveryCount, deliver_due
from app.outbox.queries import is_delivery_due
from app.payments.watched import take_folder
from app.wiring import RENDERERS

log = logging.getLogger("tillpaid.worker")

TICK_SECONDS = 2.0
PLAN_SECONDS = 15.0  # how often schedules are read again
PULSE_SECONDS = 20.0
GRACE_SECONDS = 25.0  # how long a stopping worker lets a mail or a document end


@dataclass(frozen=True)
class Round:
    """What one round did."""

    quarantined: bool = False
    planned: int = 0
    slots_done: int = 0
    slots_failed: int = 0
    runs: RunCount = field(default_factory=RunCount)
    rendered: int = 0
    not_rendered: int = 0
    mails: DeliveryCount = field(default_factory=DeliveryCount)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def run_once(app: Flask, now: datetime, jobs_table: Iterable[Job] = JOBS) -> Round:
    """One whole round at this instant: everything that is due, and what follows from it."""
    worker = Worker(app, lambda: now, jobs_table)
    with app.app_context():
        worker.beat()
        if is_quarantined():
            return Round(quarantined=True)
        planned = worker.plan()
        done, failed = worker.run_slots()
        worker.take_statements()
        runs = worker.issue_runs()
        rendered, not_rendered = worker.render_documents()
        return Round(False, planned, done, failed, runs, rendered, not_rendered, worker.deliver())


def render_and_deliver(app: Flask, *, now: datetime) -> Round:
    """Documents and mails only, without any job: what a tour or a demo wants."""
    worker = Worker(app, lambda: now)
    with app.app_context():
        if is_quarantined():
            return Round(quarantined=True)
        rendered, not_rendered = worker.render_documents()
        return Round(rendered=rendered, not_rendered=not_rendered, mails=worker.deliver())


class Worker:
    """One worker with its name in leases. Each method does all that is due now; call it inside the app's context."""

    def __init__(self, app: Flask, now: Callable[[], datetime], jobs_table: Iterable[Job] = JOBS) -> None:
        self.app = app
        self.now = now
        self.jobs = {job.name: job for job in jobs_table}
        self.owner = f"{os.uname().nodename}:{os.getpid()}"
        self.started_at = now()
        self.stopping = threading.Event()

    def beat(self) -> None:
        in_unit_of_work(lambda: slots.beat(self.owner, started_at=self.started_at, now=self.now()))

    def plan(self) -> int:
        return in_unit_of_work(lambda: jobs.plan(self.now(), self.jobs.values()))

    # --- slots

    def run_slots(self) -> tuple[int, int]:
        """Runs due slots, the oldest first. Returns how many were done and how many failed."""
        done = failed = 0
        while not self.stopping.is_set() and slots.is_run_due(self.jobs, self.now()):
            session().rollback()
            claim = in_unit_of_work(lambda: slots.claim_slot(self.jobs, owner=self.owner, now=self.now()))
            if claim is None:
                break
            if self._run_slot(claim):
                done += 1
            else:
                failed += 1
        return done, failed

    def _run_slot(self, claim: SlotClaim) -> bool:
        job = self.jobs[claim.job]
        log.info("job %s %s begins", claim.job, claim.local_time)
        try:
            found = job.prepare(claim.local_date, self.now())
            session().rollback()
            run_claimed(job, claim, found, self.now())
        except slots.SlotLost:
            log.warning("job %s %s was taken over", claim.job, claim.local_time)
            return False
        except Exception as error:
            log.exception("job %s %s failed", claim.job, claim.local_time)
            session().rollback()
            reason = f"{type(error).__name__}: {error}"
            in_unit_of_work(lambda: slots.fail_slot(claim, reason, now=self.now()))
            return False
        return True

    # --- runs of drafts

    def issue_runs(self) -> RunCount:
        """Issues what waits in runs; others may have a hand in the same run."""
        return issue_runs(now=self.now, may_go_on=lambda: not self.stopping.is_set())

    # --- bank files

    def take_statements(self) -> int:
        """Imports what lies in the watched folder, where there is one. Returns how many files."""
        folder = self.app.extensions["tillpaid_settings"].statements_dir
        return (
            0 if folder is None else take_folder(folder, now=self.now(), may_go_on=lambda: not self.stopping.is_set())
        )

    # --- documents

    def render_documents(self) -> tuple[int, int]:
        """Renders what was asked for, as many at a time as there are renderers."""
        rendered = failed = 0
        if not is_rendering_due(self.now()):
            return 0, 0
        size = default_renderer().size
        with ThreadPoolExecutor(size) as pool:
            while not self.stopping.is_set():
                claims = in_unit_of_work(lambda: documents.claim_requests(self.now(), limit=2 * size))
                if not claims:
                    break
                for is_done in pool.map(self._render_in_context, claims):
                    rendered, failed = rendered + is_done, failed + (not is_done)
        return rendered, failed

    def _render_in_context(self, claim: ClaimedRequest) -> bool:
        with self.app.app_context():
            return self._render(claim)

    def _render(self, claim: ClaimedRequest) -> bool:
        try:
            made = render_claimed(claim, self.now())
            in_unit_of_work(lambda: documents.finish_request(claim, made, now=self.now()))
        except Exception as error:
            log.exception("document %s %s of %s was not rendered", claim.kind, claim.owner_id, claim.owner_kind)
            session().rollback()
            self._note_failure(claim, str(error) or type(error).__name__)
            return False
        return True

    def _note_failure(self, claim: ClaimedRequest, reason: str) -> None:
        try:
            in_unit_of_work(lambda: documents.fail_request(claim, reason, now=self.now()))
        except DocumentRequestLost:
            log.warning("document request %s was taken over", claim.id)

    # --- mails

    def deliver(self) -> DeliveryCount:
        """Sends what is due. An idle worker only reads: it must not stand in the way of people's writes."""
        if not is_delivery_due(self.now()):
            return DeliveryCount()
        settings = self.app.extensions["tillpaid_settings"]
        return deliver_due(
            choose_transport(settings.smtp_url, settings.instance_dir),
            owner=self.owner,
            now=self.now,
            may_go_on=lambda: not self.stopping.is_set(),
        )


def run_claimed(job: Job, claim: SlotClaim, found: Any, now: datetime) -> None:
    """The job's writing and the end of its slot in one unit of work: both are there, or neither."""
    with unit_of_work():
        slot = slots.lock_slot(claim)
        outcome = job.run(claim.local_date, now, found)
        slots.finish_slot(slot, outcome, now=now)


def render_claimed(claim: ClaimedRequest, now: datetime) -> RenderedDocument | None:
    """Calls the renderer of this kind of document. Raises LookupError when nobody renders it."""
    renderer = RENDERERS.get((claim.owner_kind, claim.kind))
    if renderer is None:
        raise LookupError(f"Nothing renders {claim.kind} of {claim.owner_kind}.")
    made = renderer(claim.owner_id, now)
    session().rollback()
    return made


# --- for ever -------------------------------------------------------------------------------------------------------


def run_forever(app: Flask) -> None:
    """Works until SIGTERM or SIGINT. The scheduler is only a tick; what is due stands in the database."""
    worker = Worker(app, clock.now)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stopping.set())
    scheduler = _scheduler(worker)
    scheduler.start()
    log.info("worker %s is ready", worker.owner)
    worker.stopping.wait()
    _stop(scheduler)


def _scheduler(worker: Worker) -> Any:
    from apscheduler.executors.pool import ThreadPoolExecutor as Threads
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = BackgroundScheduler(
        timezone="UTC",
        executors={"default": Threads(5)},
        job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
    )
    scheduler.add_job(
        Duty(worker, Worker.beat, rests=False),
        "interval",
        seconds=PULSE_SECONDS,
        id="pulse",
        next_run_time=worker.now(),
    )
    duties = {"slots": Duty(worker, _slots_duty()), "documents": Duty(worker, Worker.render_documents),
              "runs": Duty(worker, Worker.issue_runs), "statements": Duty(worker, Worker.take_statements),
              "mails": Duty(worker, Worker.deliver)}  # fmt: skip
    for name, duty in duties.items():
        scheduler.add_job(duty, "interval", seconds=TICK_SECONDS, id=name, next_run_time=worker.now())
    # A round that takes longer than a tick is nothing to warn about
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    return scheduler


def _slots_duty() -> Callable[[Worker], Any]:
    planned_at = -PLAN_SECONDS

    def duty(worker: Worker) -> None:
        nonlocal planned_at
        if time.monotonic() - planned_at >= PLAN_SECONDS:
            worker.plan()
            planned_at = time.monotonic()
        worker.run_slots()

    return duty


@dataclass(frozen=True)
class Duty:
    """One kind of work at one tick. A fault ends the tick, never the worker; a quarantined instance rests."""

    worker: Worker
    work: Callable[[Worker], Any]
    rests: bool = True

    def __call__(self) -> None:
        if self.worker.stopping.is_set():
            return
        with self.worker.app.app_context():
            try:
                if not (self.rests and is_quarantined()):
                    session().rollback()
                    self.work(self.worker)
            except Exception:
                log.exception("a round of the worker failed; the next one comes")


def _stop(scheduler: Any) -> None:
    """Lets what is under way end; what takes too long is cut off, and its lease tells the next worker."""
    ending = threading.Thread(target=scheduler.shutdown, daemon=True)
    ending.start()
    ending.join(GRACE_SECONDS)
    if ending.is_alive():
        log.warning("what is under way took too long and was cut off")
        os._exit(1)
    default_renderer().close()
