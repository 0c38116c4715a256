"""The books check themselves: one invariant, one query, one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from app.verify.arithmetic import ARITHMETIC
from app.verify.bank import BANK
from app.verify.books import MONEY, NOTICES, NUMBERING
from app.verify.invariant import MOST_FINDINGS, Finding, Invariant
from app.verify.orders import ORDERS
from app.verify.parts import PARTS
from app.verify.settlements import SETTLEMENTS
from app.verify.storage import STORAGE
from app.verify.trail import TRAIL
from app.verify.waiting import WAITING

INVARIANTS: tuple[Invariant, ...] = (
    *ARITHMETIC, *NUMBERING, *ORDERS, *PARTS, *WAITING, *MONEY, *BANK, *SETTLEMENTS, *NOTICES, *TRAIL, *STORAGE,
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """One invariant with what breaks it; nothing found means it holds."""

    invariant: Invariant
    findings: tuple[Finding, ...]
    looked_at: int | None = None  # objects, where the invariant tells


@dataclass(frozen=True)
class Verification:
    """Everything that was checked, in order."""

    verdicts: tuple[Verdict, ...]

    @property
    def is_ok(self) -> bool:
        return not self.broken

    @property
    def broken(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.findings]


def verify(now: datetime, invariants: Sequence[Invariant] = INVARIANTS) -> Verification:
    """Checks every invariant in the current session; reads only."""
    return Verification(tuple(_check(one, now) for one in invariants))


def _check(one: Invariant, now: datetime) -> Verdict:
    return Verdict(one, tuple(islice(one.find(now), MOST_FINDINGS)), one.count() if one.count else None)
