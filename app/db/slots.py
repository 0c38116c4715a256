"""Due slots: a job at a local date and time is a row, so it runs once however many workers look; and who is alive."""

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Index, UniqueConstraint, and_, delete, func, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from app.db.base import Model, session
from app.db.rules_slots import (
    LEASE,
    LONGEST_ERROR,
    MOST_ATTEMPTS,
    DueSlot,
    Schedule,
    due_slots,
    next_slot,
    pause_after,
)
from app.db.statements import insert_once
from app.db.types import CanonicalJson, EnumText
from app.kernel.errors import NotFound, RuleError

BEATS_KEPT = timedelta(days=1)


class SlotState(enum.StrEnum):
    DUE = "due"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class Slot(Model):
    """One run of a job that was, is or will be due. `local_time` is what people read: 2026-11-22T07:00.

    `period` is what may have one run only: the local date of a daily job, even when its time of day is changed.
    """

    __tablename__ = "slot"
    __table_args__ = (UniqueConstraint("job", "period"), Index("ix_slot_state_due_at", "state", "due_at"))

    job: Mapped[str] = mapped_column(primary_key=True)
    local_time: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str]
    due_at: Mapped[datetime]
    state: Mapped[SlotState] = mapped_column(EnumText(SlotState), default=SlotState.DUE)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None]
    outcome: Mapped[dict[str, Any] | None] = mapped_column(CanonicalJson)

    @property
    def local_date(self) -> date:
        return date.fromisoformat(self.local_time[:10])


class Heartbeat(Model):
    """A worker that is, or was, alive."""

    __tablename__ = "heartbeat"

    owner: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]


class SlotLost(RuleError):
    """Another worker has taken over this run."""


class SlotNotFound(NotFound):
    """There is no such run."""


class SlotNotFailed(RuleError):
    """This run has not failed, so there is nothing to repeat."""


@dataclass(frozen=True)
class SlotClaim:
    """A run this worker may do now; `attempt` is its fence."""

    job: str
    local_time: str
    attempt: int

    @property
    def local_date(self) -> date:
        return date.fromisoformat(self.local_time[:10])


# --- planning ---------------------------------------------------------------------------------------------------------


def plan_slots(
    job: str, schedule: Schedule, zone: ZoneInfo, *, since: datetime, look_back: timedelta, now: datetime
) -> int:
    """Writes down the runs due after `since`, within the look-back, and the next one. Returns how many are new.

    A next run that is already there moves with a changed schedule; what is past or done never moves.
    """
    upcoming = next_slot(schedule, zone, now)
    wanted = [*due_slots(schedule, zone, max(since, now - look_back), now), upcoming]
    _move_upcoming(job, upcoming, now)
    return insert_once(Slot, [_row(job, slot, SlotState.DUE) for slot in wanted])


def skip_slots(job: str, schedule: Schedule, zone: ZoneInfo, *, look_back: timedelta, now: datetime) -> int:
    """Marks every run up to now as not wanted, such as those of the days before a demo company was made."""
    past = due_slots(schedule, zone, now - look_back, now)
    return insert_once(Slot, [_row(job, slot, SlotState.SKIPPED) for slot in past])


def _row(job: str, slot: DueSlot, state: SlotState) -> dict[str, Any]:
    return {
        "job": job, "local_time": slot.local_time, "period": slot.period, "due_at": slot.due_at, "state": state,
        "attempts": 0,
    }  # fmt: skip


def _move_upcoming(job: str, upcoming: DueSlot, now: datetime) -> None:
    """Runs that lie ahead and are not the next one any more were planned by an earlier schedule."""
    ahead = delete(Slot).where(
        Slot.job == job,
        Slot.due_at > now,
        Slot.state == SlotState.DUE,
        Slot.attempts == 0,
        Slot.local_time != upcoming.local_time,
    )
    session().execute(ahead.execution_options(synchronize_session=False))


# --- running ----------------------------------------------------------------------------------------------------------


def claim_slot(jobs: Collection[str], *, owner: str, now: datetime) -> SlotClaim | None:
    """Takes the run that has been due longest; the runs of one job stay in order."""
    chosen = select(Slot).where(_is_claimable(jobs, now)).order_by(Slot.due_at, Slot.job).limit(1)
    slot = session().scalars(chosen.with_for_update(skip_locked=True)).first()
    if slot is None:
        return None
    if slot.attempts >= MOST_ATTEMPTS:
        _end(slot, SlotState.FAILED, now, error=f"The worker stopped {slot.attempts} times during this run.")
        return claim_slot(jobs, owner=owner, now=now)
    slot.state, slot.lease_owner, slot.lease_until = SlotState.CLAIMED, owner, now + LEASE
    slot.started_at = now
    slot.attempts += 1
    return SlotClaim(slot.job, slot.local_time, slot.attempts)


def is_run_due(jobs: Collection[str], now: datetime) -> bool:
    """Whether a worker has anything to run."""
    return session().scalar(select(Slot.job).where(_is_claimable(jobs, now)).limit(1)) is not None


def _is_claimable(jobs: Collection[str], now: datetime) -> ColumnElement[bool]:
    earlier = aliased(Slot)
    blocked = select(earlier.job).where(
        earlier.job == Slot.job,
        earlier.due_at < Slot.due_at,
        earlier.state.in_((SlotState.DUE, SlotState.CLAIMED)),
    )
    waiting = and_(
        Slot.state == SlotState.DUE, Slot.due_at <= now, func.coalesce(Slot.next_attempt_at, Slot.due_at) <= now
    )
    silent = and_(Slot.state == SlotState.CLAIMED, Slot.lease_until < now)
    return and_(Slot.job.in_(list(jobs)), or_(waiting, silent), ~blocked.exists())


def lock_slot(claim: SlotClaim) -> Slot:
    """The run, locked till the unit of work ends. Raises SlotLost when it is no longer this worker's."""
    slot = _lock(claim.job, claim.local_time)
    if slot.state != SlotState.CLAIMED or slot.attempts != claim.attempt:
        raise SlotLost
    return slot


def finish_slot(slot: Slot, outcome: dict[str, Any], *, now: datetime) -> None:
    """Closes a locked run in the unit of work that holds what it did."""
    _end(slot, SlotState.DONE, now, outcome=outcome)


def fail_slot(claim: SlotClaim, error: str, *, now: datetime) -> Slot:
    """Notes why a run failed; it is tried again after a pause, and in the end left to a person."""
    slot = lock_slot(claim)
    pause = pause_after(slot.attempts)
    if pause is None:
        _end(slot, SlotState.FAILED, now, error=error)
    else:
        slot.state, slot.lease_until, slot.lease_owner = SlotState.DUE, None, None
        slot.error, slot.next_attempt_at = error[:LONGEST_ERROR], now + pause
    return slot


def repeat_slot(job: str, local_time: str, *, now: datetime) -> Slot:
    """Lets the worker try a failed run again, at once."""
    slot = _lock(job, local_time)
    if slot.state != SlotState.FAILED:
        raise SlotNotFailed
    slot.state, slot.attempts, slot.next_attempt_at, slot.finished_at = SlotState.DUE, 0, now, None
    return slot


def _end(
    slot: Slot, state: SlotState, now: datetime, *, error: str | None = None, outcome: dict[str, Any] | None = None
) -> None:
    slot.state, slot.finished_at, slot.lease_until, slot.lease_owner = state, now, None, None
    slot.error, slot.outcome = error and error[:LONGEST_ERROR], outcome
    session().flush()


def _lock(job: str, local_time: str) -> Slot:
    slot = session().get(Slot, (job, local_time), with_for_update=True, populate_existing=True)
    if slot is None:
        raise SlotNotFound
    return slot


# --- heartbeats -------------------------------------------------------------------------------------------------------


def beat(owner: str, *, started_at: datetime, now: datetime) -> None:
    """Says that a worker is alive, and forgets those silent for a day."""
    session().execute(delete(Heartbeat).where(Heartbeat.beat_at < now - BEATS_KEPT))
    insert_once(Heartbeat, {"owner": owner, "started_at": started_at, "beat_at": now})
    found = session().get(Heartbeat, owner)
    if found is not None:
        found.beat_at = now


def list_beats() -> Sequence[Heartbeat]:
    """The workers of the last day, the liveliest first."""
    return session().scalars(select(Heartbeat).order_by(Heartbeat.beat_at.desc())).all()
