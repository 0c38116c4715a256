"""Knows how a run over many drafts stands: its states and those of its drafts, how far it is, how long it takes."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from app.invoices.rules_issue import Fault

LEASE = timedelta(minutes=5)  # a worker that is silent so long has lost its drafts
MOST_ATTEMPTS = 3
LONGEST_REASON = 1_000


class RunState(enum.StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"


class DraftState(enum.StrEnum):
    """How one draft of a run stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    ISSUED = "issued"
    REFUSED = "refused"
    SKIPPED = "skipped"  # issued or deleted by somebody else meanwhile


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. `ended` and `seconds` count from when it was last set going."""

    counts: Mapping[DraftState, int]
    rendered: int = 0
    ended: int = 0
    seconds: float = 0.0

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def issued(self) -> int:
        return self.counts.get(DraftState.ISSUED, 0)

    @property
    def refused(self) -> int:
        return self.counts.get(DraftState.REFUSED, 0)

    @property
    def skipped(self) -> int:
        return self.counts.get(DraftState.SKIPPED, 0)

    @property
    def claimed(self) -> int:
        """How many are being issued at this moment."""
        return self.counts.get(DraftState.CLAIMED, 0)

    @property
    def left(self) -> int:
        return self.counts.get(DraftState.WAITING, 0) + self.claimed

    @property
    def per_second(self) -> float | None:
        """How many drafts ended in a second, None before that can be told."""
        return self.ended / self.seconds if self.ended and self.seconds > 0 else None

    @property
    def time_left(self) -> timedelta | None:
        return timedelta(seconds=self.left / self.per_second) if self.per_second else None


def measure(
    counts: Mapping[DraftState, int], *, rendered: int, ended: int, resumed_at: datetime, last: datetime | None
) -> Progress:
    """The progress of a run of which `ended` drafts ended since it was set going, the last of them at `last`."""
    seconds = (last - resumed_at).total_seconds() if last is not None else 0.0
    return Progress(counts, rendered, ended, max(seconds, 0.0))


def say_duration(time: timedelta) -> str:
    """Roughly how long: "less than a minute", "3 minutes"."""
    minutes = round(time.total_seconds() / 60)
    if minutes < 1:
        return "less than a minute"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def write_reasons(faults: Sequence[Fault]) -> str:
    """All reasons in one text, a line for each; what no longer fits is left out as a whole."""
    lines = [f"{fault.field}\t{' '.join(fault.message.split())}" for fault in faults]
    ends = accumulate(len(line) + 1 for line in lines)
    return "\n".join(line for line, end in zip(lines, ends, strict=True) if end <= LONGEST_REASON)


def read_reasons(text: str) -> list[Fault]:
    """The reasons of such a text, or of a plain one, whose field is empty."""
    parts = [line.rpartition("\t") for line in text.splitlines()]
    return [Fault(field, message) for field, _, message in parts]
