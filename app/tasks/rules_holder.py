"""Knows who holds the ball of an order, and how long each holder held it in working minutes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.kernel.working_time import WorkedMinutes, minute_of

SALES, CUSTOMER, HOLD = "sales", "customer", "hold"
DEPARTMENT = "department:"


class TaskFacts(Protocol):
    """What decides who has the ball: `is_paused` while the task waits for the customer."""

    @property
    def id(self) -> int: ...
    @property
    def department_code(self) -> str: ...
    @property
    def is_required(self) -> bool: ...
    @property
    def state(self) -> str: ...
    @property
    def is_paused(self) -> bool: ...
    @property
    def due_on(self) -> object: ...


class Segment(Protocol):
    @property
    def holder(self) -> str: ...
    @property
    def since(self) -> datetime: ...
    @property
    def until(self) -> datetime | None: ...


def decide_holder(tasks: Iterable[TaskFacts], *, is_held: bool) -> str:
    """The one holder of an open order.

    A hold comes first. Then the department whose open required task is due first and does not wait for the customer;
    the customer when all open ones do; a department with an optional task when no required one is open; else Sales.
    """
    if is_held:
        return HOLD
    open_now = sorted((task for task in tasks if task.state == "open"), key=_urgency)
    required = [task for task in open_now if task.is_required] or open_now
    working = [task for task in required if not task.is_paused]
    if working:
        return f"{DEPARTMENT}{working[0].department_code}"
    return CUSTOMER if required else SALES


def _urgency(task: TaskFacts) -> tuple[object, int]:
    return task.due_on, task.id


@dataclass(frozen=True)
class Share:
    """How many working minutes one holder held, and whether it holds now."""

    holder: str
    minutes: int
    is_now: bool


def add_up(segments: Sequence[Segment], now: datetime, worked: WorkedMinutes) -> list[Share]:
    """The time of each holder in working minutes, in the order in which they first held; they add up to the whole."""
    minutes: dict[str, int] = {}
    for segment in segments:
        held = worked.between(minute_of(segment.since), minute_of(segment.until or now))
        minutes[segment.holder] = minutes.get(segment.holder, 0) + held
    present = {segment.holder for segment in segments if segment.until is None}
    return [Share(holder, held, holder in present) for holder, held in minutes.items()]
