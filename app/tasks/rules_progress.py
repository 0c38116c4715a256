"""Knows how far a plan is: who holds the ball since when, what is due next, and what waits for what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


class TaskFacts(Protocol):
    """What the rules need to know of a task."""

    @property
    def id(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def department_code(self) -> str: ...
    @property
    def is_required(self) -> bool: ...
    @property
    def prerequisites(self) -> list[str]: ...
    @property
    def state(self) -> str: ...
    @property
    def due_on(self) -> date: ...
    @property
    def assignee_id(self) -> int | None: ...
    @property
    def opened_at(self) -> datetime: ...
    @property
    def is_paused(self) -> bool: ...
    @property
    def refusal(self) -> str: ...


@dataclass(frozen=True)
class Progress:
    """`done` of `total` required tasks. `holders` are departments with open tasks, the one due first in front."""

    done: int
    total: int
    unfinished: int
    holders: tuple[str, ...]
    since: datetime | None
    next: TaskFacts | None
    waiting: int

    def is_late(self, today: date) -> bool:
        return self.next is not None and self.next.due_on < today


def measure(tasks: Sequence[TaskFacts]) -> Progress:
    """The progress of one order's plan. Optional tasks hold the ball only when no required one is left."""
    required = [task for task in tasks if task.is_required and task.state != "cancelled"]
    unfinished = [task for task in tasks if task.state in {"open", "blocked"}]
    open_now = [task for task in unfinished if task.state == "open"]
    required_now = [task for task in open_now if task.is_required]
    # what waits for the customer comes last: nobody here can finish it now
    holding = sorted(required_now or open_now, key=lambda one: (one.is_paused, one.due_on, one.id))
    return Progress(
        done=sum(task.state == "done" for task in required),
        total=len(required),
        unfinished=len(unfinished),
        holders=tuple(dict.fromkeys(task.department_code for task in holding)),
        since=min((task.opened_at for task in holding), default=None),
        next=holding[0] if holding else None,
        waiting=sum(task.state == "blocked" for task in required),
    )


def list_waiting_for(task: TaskFacts, plan: Iterable[TaskFacts]) -> list[TaskFacts]:
    """The tasks of its plan that this one waits for."""
    needed = set(task.prerequisites)
    return [other for other in plan if other.code in needed and other.state in {"open", "blocked"}]


def list_held_up(task: TaskFacts, plan: Iterable[TaskFacts]) -> list[TaskFacts]:
    """The unfinished tasks of its plan that wait for this one, straight or through others."""
    waiting = [other for other in plan if other.state in {"open", "blocked"}]
    reached, grown = {task.code}, True
    while grown:
        more = {other.code for other in waiting if reached & set(other.prerequisites)} - reached
        reached, grown = reached | more, bool(more)
    return [other for other in waiting if other.code in reached and other.code != task.code]


@dataclass(frozen=True)
class NextStep:
    """What to do about a task, and why."""

    text: str
    reason: str


def next_step(
    task: TaskFacts, plan: Sequence[TaskFacts], *, me: int, people: Mapping[int, str], departments: Mapping[str, str]
) -> NextStep:
    """One sentence for whoever looks at the task; `people` are names by id, `departments` names by code."""
    if task.state == "blocked":
        return _wait(list_waiting_for(task, plan), departments)
    if task.state != "open":
        return NextStep("Nothing", "it is closed")
    if task.is_paused:
        return NextStep("Ask the customer", "it waits for them")
    if task.refusal:
        return NextStep("Decide what to do", f"refused: {task.refusal}")
    held_up = len(list_held_up(task, plan))
    reason = f"{held_up} {'waits' if held_up == 1 else 'wait'} for it" if held_up else "nothing waits for it"
    if task.assignee_id is None:
        return NextStep("Take it", reason)
    if task.assignee_id == me:
        return NextStep("Finish it", reason)
    return NextStep(f"Ask {people.get(task.assignee_id, 'its person')}", reason)


def _wait(needed: Sequence[TaskFacts], departments: Mapping[str, str]) -> NextStep:
    if not needed:
        return NextStep("Wait", "an earlier task is not done")
    first = min(needed, key=lambda one: (one.state != "open", one.due_on))
    more = f" +{len(needed) - 1}" if len(needed) > 1 else ""
    department = departments.get(first.department_code, first.department_code)
    return NextStep(f"Wait for {department}", f"“{first.title}”{more}")
