"""Knows which day and which target somebody can give a task by hand."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

from app.kernel.errors import BadInput
from app.tasks.rules_playbooks import MOST_TARGET_MINUTES

MOST_AHEAD = timedelta(days=3 * 366)
_TARGET = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,4}))?\s*(h|min)?", re.ASCII)


class DueInThePast(BadInput):
    """{due_on} is past. Choose today or a later day."""


class DueTooFarAhead(BadInput):
    """{due_on} is more than three years ahead. Choose an earlier day."""


class TargetUnreadable(BadInput):
    """Write the target in working hours like 4 or 1.5, or in minutes like 90 min; empty for no clock."""


class TargetOutOfRange(BadInput):
    """A target is at least a minute and at most {most} working hours; leave it empty for no clock."""


def check_due(due_on: date, today: date) -> None:
    """Raises DueInThePast, DueTooFarAhead."""
    if due_on < today:
        raise DueInThePast(field="due_on", due_on=due_on)
    if due_on > today + MOST_AHEAD:
        raise DueTooFarAhead(field="due_on", due_on=due_on)


def check_target(minutes: int | None) -> None:
    """Raises TargetOutOfRange; None is a task without a clock."""
    if minutes is not None and not 1 <= minutes <= MOST_TARGET_MINUTES:
        raise TargetOutOfRange(field="target", most=f"{MOST_TARGET_MINUTES // 60:,}")


def read_target(text: str) -> int | None:
    """Working minutes as somebody typed them: `4`, `1,5 h`, `90 min`. Raises TargetUnreadable, TargetOutOfRange."""
    if not (typed := text.strip()):
        return None
    found = _TARGET.fullmatch(typed.lower())
    if found is None:
        raise TargetUnreadable(field="target")
    whole, part, unit = found.groups()
    minutes = int(Decimal(f"{whole}.{part or 0}") * (1 if unit == "min" else 60))
    check_target(minutes)
    return minutes


def write_target(minutes: int | None) -> str:
    """As `read_target` reads it."""
    if minutes is None:
        return ""
    return f"{minutes} min" if minutes % 60 else str(minutes // 60)
