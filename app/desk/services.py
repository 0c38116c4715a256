"""Lets the worker try again what failed."""

from datetime import datetime

from app.audit.services import record
from app.db import slots
from app.db.slots import Slot


def repeat_run(job: str, local_time: str, *, actor: str, now: datetime) -> Slot:
    """Puts a failed run back in line, at once. Raises SlotNotFound, SlotNotFailed."""
    slot = slots.repeat_slot(job, local_time, now=now)
    record(
        "job.repeated", actor=actor, now=now, object_kind="slot", object_id=0, job=job, local_time=local_time,
        error=slot.error,
    )  # fmt: skip
    return slot
