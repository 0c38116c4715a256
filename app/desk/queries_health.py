"""Reads how the machine room is: workers, jobs, mails, documents, the database; and what of it a person must mend."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text

from app.audit.models import AuditSeal
from app.audit.queries import last_seal
from app.company.queries import find_company
from app.db.base import db, is_sqlite, session
from app.db.slots import Heartbeat, Slot, SlotState, list_beats
from app.documents import queries as documents
from app.documents.models import DocumentRequest, RequestState
from app.kernel.errors import TillpaidError
from app.kernel.texts import counted
from app.outbox import queries as outbox
from app.outbox.models import Message
from app.outbox.rules import UNDER_WAY, WAITING, MessageState

SILENCE = timedelta(minutes=3)  # after this a worker is no longer taken for alive
PATIENCE = timedelta(minutes=30)  # after this what is due has been forgotten
MOST_FAILED = 20
RESTORED = "This is a restored copy: no mail leaves and no job runs until somebody confirms it."


@dataclass(frozen=True)
class WorkerHealth:
    """A worker of the last day."""

    owner: str
    started_at: datetime
    beat_at: datetime
    is_alive: bool


@dataclass(frozen=True)
class JobHealth:
    """The last finished and the next run of a job, and the runs somebody must look at."""

    name: str
    title: str
    last: Slot | None
    next: Slot | None
    failed: Sequence[Slot]
    state: str  # failed, late, running, due (to be tried again), warning (its outcome says so), ok, waiting

    @property
    def error(self) -> str | None:
        """Why it failed, will be tried again, or what its last outcome warns of."""
        if self.failed:
            return self.failed[0].error
        return (self.next.error if self.next else None) or _alert(self.last)

    @property
    def said(self) -> str:
        """The last outcome in a few words: "checked 38, broken 0"."""
        outcome = (self.last.outcome if self.last else None) or {}
        return ", ".join(f"{name} {_short(value)}" for name, value in outcome.items() if name != "alert")


@dataclass(frozen=True)
class DatabaseHealth:
    """Where everything is kept; `doubt` says why its schema is not the one of this version."""

    engine: str
    version: str
    bytes: int
    revision: str
    doubt: str


@dataclass(frozen=True)
class Health:
    """Everything the health page shows. `problems` is empty when nobody needs to do anything."""

    workers: Sequence[WorkerHealth]
    jobs: Sequence[JobHealth]
    messages: dict[str, int]
    documents: dict[str, int]
    failed_documents: Sequence[DocumentRequest]
    quarantined_at: datetime | None
    database: DatabaseHealth
    seal: AuditSeal | None  # the newest: its digest vouches for the trail before it
    problems: list[str] = field(default_factory=list)

    @property
    def is_ok(self) -> bool:
        return not self.problems

    @property
    def other_problems(self) -> list[str]:
        """Without the quarantine, which the page shows with its button."""
        return [sentence for sentence in self.problems if sentence != RESTORED]


def read_health(jobs: Sequence[tuple[str, str]], now: datetime) -> Health:
    """How everything is now. `jobs` are the names and titles the roof registered."""
    company = find_company()
    workers = [_worker(beat, now) for beat in list_beats()]
    health = Health(
        workers=workers,
        jobs=[_job(name, title, now) for name, title in jobs],
        messages={state.value: count for state, count in outbox.count_messages().items()},
        documents={state.value: count for state, count in documents.count_requests().items()},
        failed_documents=documents.list_failed_requests(MOST_FAILED),
        quarantined_at=company.quarantined_at if company else None,
        database=_database(),
        seal=last_seal(),
    )
    health.problems.extend(_problems(health, now))
    return health


def count_held_back() -> dict[str, int]:
    """What would leave or be rendered if nobody held it back."""
    messages = select(func.count()).select_from(Message).where(Message.state.in_(WAITING | UNDER_WAY))
    waiting = select(func.count()).select_from(DocumentRequest).where(DocumentRequest.state == RequestState.PENDING)
    return {"messages": session().scalar(messages) or 0, "documents": session().scalar(waiting) or 0}


# --- what needs a person ----------------------------------------------------------------------------------------------


def _problems(health: Health, now: datetime) -> list[str]:
    found = [health.database.doubt]
    if health.quarantined_at:
        found.append(RESTORED)
    elif not any(worker.is_alive for worker in health.workers):
        found.append("No worker has been seen for 3 minutes: start `tillpaid worker`.")
    elif stuck := outbox.count_due(now - PATIENCE):
        found.append(f"{counted(stuck, 'mail')} due for more than half an hour. Does the mail server answer?")
    found += [_job_problem(job) for job in health.jobs]
    if failed := health.documents.get(RequestState.FAILED.value):
        found.append(f"{counted(failed, 'document')} could not be rendered.")
    if doubtful := health.messages.get(MessageState.UNCERTAIN.value):
        found.append(f"{counted(doubtful, 'mail')} may or may not have arrived: decide in the outbox.")
    return [sentence for sentence in found if sentence]


def _job_problem(job: JobHealth) -> str:
    if job.state == "failed":
        return f"{job.title} failed {len(job.failed)} times." if len(job.failed) > 1 else f"{job.title} failed."
    if job.state == "late":
        return f"{job.title} is late."
    if job.state == "warning":
        return f"{job.title}: {_alert(job.last)}"
    return ""


# --- workers and jobs -------------------------------------------------------------------------------------------------


def _worker(beat: Heartbeat, now: datetime) -> WorkerHealth:
    return WorkerHealth(beat.owner, beat.started_at, beat.beat_at, now - beat.beat_at <= SILENCE)


def _job(name: str, title: str, now: datetime) -> JobHealth:
    own = select(Slot).where(Slot.job == name)
    last = own.where(Slot.finished_at.is_not(None), Slot.state != SlotState.SKIPPED).order_by(Slot.due_at.desc())
    ahead = own.where(Slot.state.in_((SlotState.DUE, SlotState.CLAIMED))).order_by(Slot.due_at)
    failed = own.where(Slot.state == SlotState.FAILED).order_by(Slot.due_at.desc())
    rows = session().scalars(last.limit(1)).first(), session().scalars(ahead.limit(1)).first()
    broken = session().scalars(failed.limit(MOST_FAILED)).all()
    return JobHealth(name, title, *rows, broken, _state(*rows, broken, now))


def _state(last: Slot | None, ahead: Slot | None, failed: Sequence[Slot], now: datetime) -> str:
    if failed:
        return "failed"
    if ahead is not None and ahead.state == SlotState.CLAIMED:
        return "running"
    if ahead is not None and ahead.error:
        return "due"
    if ahead is not None and ahead.due_at < now - PATIENCE:
        return "late"
    if _alert(last):
        return "warning"
    return "ok" if last is not None else "waiting"


def _alert(slot: Slot | None) -> str | None:
    return slot.outcome.get("alert") if slot is not None and slot.outcome else None


def _short(value: Any) -> Any:
    return len(value) if isinstance(value, list | dict) else value


# --- the database -----------------------------------------------------------------------------------------------------


def _database() -> DatabaseHealth:
    # Alembic is only needed here, so that other pages start without it
    from app.db.upgrade import needs_upgrade, read_revisions

    connection = session().connection()
    try:
        doubt = "The database needs an upgrade: run `tillpaid init`." if needs_upgrade(connection) else ""
    except TillpaidError as refusal:
        doubt = str(refusal)
    name = "SQLite" if is_sqlite(db.engine) else "PostgreSQL"
    return DatabaseHealth(name, _version(), _size(), " ".join(read_revisions(connection)), doubt)


def _version() -> str:
    return ".".join(str(part) for part in session().connection().dialect.server_version_info or ())


def _size() -> int:
    if is_sqlite(db.engine):
        pages = text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        return int(session().scalar(pages) or 0)
    return int(session().scalar(select(func.pg_database_size(func.current_database()))) or 0)
