"""Knows what a clock says on a page: how much is left, how far it is over, or that it stands still."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.tasks.models import Task, TaskState
from app.tasks.rules_sla import SlaState
from app.web.filters import moment, working


@dataclass(frozen=True)
class ClockWords:
    """One badge; `more` says it in full."""

    text: str
    tone: str
    shape: str
    more: str


def word_clock(task: Task, state: SlaState | None, now: datetime) -> ClockWords | None:
    """None for a task without a target, and for one that waits and may still be in time."""
    at_risk = task.sla_risk_at is not None and task.sla_risk_at <= now
    if task.state is TaskState.BLOCKED:
        late = "It would have to begin by now to be done on the order’s day"
        return ClockWords("at risk", "warn", "shape-diamond", late) if at_risk else None
    if state is None:
        return None
    used = f"{working(state.elapsed_minutes)} of {working(task.target_minutes or 0)} used"
    if state.due_at is None:
        return ClockWords("paused", "info", "shape-pause", used)
    if state.breached:
        over = f"{working(-state.remaining_minutes)} over"
        return ClockWords(over, "bad", "shape-triangle", f"{used}; it was due {moment(state.due_at)}")
    return ClockWords(
        f"{working(state.remaining_minutes)} left", "warn" if at_risk else "mute", "shape-diamond" if at_risk else "",
        f"{used}; due {moment(state.due_at)}",
    )  # fmt: skip
