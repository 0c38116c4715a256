"""How far a plan is, who holds the ball, and what to do about a task."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest

from app.auth.rules import Role
from app.tasks.rules_progress import list_held_up, list_waiting_for, measure, next_step
from app.tasks.rules_scope import scope_of

DEPARTMENTS = {"finance": "Finance", "qa": "QA", "operations": "Operations"}
PEOPLE = {7: "Ada Koch"}


@dataclass
class Task:
    id: int
    code: str
    state: str = "open"
    department_code: str = "finance"
    prerequisites: list[str] = field(default_factory=list)
    is_required: bool = True
    due_on: date = date(2026, 11, 20)
    assignee_id: int | None = None
    opened_at: datetime = datetime(2026, 11, 16, 9, tzinfo=UTC)
    is_paused: bool = False
    refusal: str = ""

    @property
    def title(self) -> str:
        return self.code.replace("_", " ").capitalize()


def plan():
    return [
        Task(1, "credit", "done"),
        Task(2, "confirm", "open", "qa", due_on=date(2026, 11, 25)),
        Task(3, "pack", "open", "operations", ["credit"], due_on=date(2026, 11, 23)),
        Task(4, "ship", "blocked", "operations", ["pack", "confirm"]),
        Task(5, "feedback", "blocked", "qa", ["ship"], is_required=False),
    ]


def test_only_required_tasks_count_as_progress():
    progress = measure(plan())
    assert (progress.done, progress.total, progress.unfinished, progress.waiting) == (1, 4, 4, 1)


def test_the_department_whose_task_is_due_first_stands_first():
    progress = measure(plan())
    assert progress.holders == ("operations", "qa")
    assert progress.next.code == "pack"


def test_the_ball_is_held_since_the_earliest_open_task_was_freed():
    tasks = plan()
    tasks[1].opened_at = datetime(2026, 11, 10, 9, tzinfo=UTC)
    assert measure(tasks).since == datetime(2026, 11, 10, 9, tzinfo=UTC)


def test_optional_tasks_hold_the_ball_only_when_nothing_required_is_open():
    tasks = [Task(1, "ship", "done"), Task(2, "feedback", "open", "qa", is_required=False)]
    progress = measure(tasks)
    assert (progress.done, progress.total, progress.holders) == (1, 1, ("qa",))
    assert measure([*tasks, Task(3, "pack", "open", "operations")]).holders == ("operations",)


def test_cancelled_tasks_do_not_count():
    progress = measure([Task(1, "credit", "done"), Task(2, "pack", "cancelled")])
    assert (progress.done, progress.total, progress.next, progress.since) == (1, 1, None, None)


def test_an_order_without_tasks_has_no_progress():
    progress = measure([])
    assert (progress.done, progress.total, progress.holders) == (0, 0, ())
    assert progress.is_late(date(2099, 1, 1)) is False


@pytest.mark.parametrize(("today", "late"), [(date(2026, 11, 23), False), (date(2026, 11, 24), True)])
def test_a_plan_is_late_the_day_after_its_next_task_is_due(today, late):
    assert measure(plan()).is_late(today) is late


def test_a_task_waits_for_those_of_its_prerequisites_that_are_not_done():
    tasks = plan()
    assert [task.code for task in list_waiting_for(tasks[3], tasks)] == ["confirm", "pack"]
    assert list_waiting_for(tasks[2], tasks) == []


def test_a_task_holds_up_everything_behind_it():
    tasks = plan()
    assert [task.code for task in list_held_up(tasks[2], tasks)] == ["ship", "feedback"]
    assert list_held_up(tasks[4], tasks) == []


def test_a_circle_of_prerequisites_ends():
    tasks = [Task(1, "a", "blocked", prerequisites=["b"]), Task(2, "b", "blocked", prerequisites=["a"])]
    assert [task.code for task in list_held_up(tasks[0], tasks)] == ["b"]


@pytest.mark.parametrize(
    ("assignee", "me", "text"), [(None, 7, "Take it"), (7, 7, "Finish it"), (7, 8, "Ask Ada Koch")]
)
def test_what_to_do_depends_on_who_has_the_task(assignee, me, text):
    tasks = plan()
    tasks[2].assignee_id = assignee
    step = next_step(tasks[2], tasks, me=me, people=PEOPLE, departments=DEPARTMENTS)
    assert (step.text, step.reason) == (text, "2 wait for it")


def test_a_blocked_task_names_the_department_and_the_task_it_waits_for():
    tasks = plan()
    step = next_step(tasks[3], tasks, me=7, people=PEOPLE, departments=DEPARTMENTS)
    assert (step.text, step.reason) == ("Wait for Operations", "“Pack” +1")


@pytest.mark.parametrize(
    ("role", "department", "code", "assignee", "seen"),
    [
        (Role.MEMBER, "qa", "qa", None, True),
        (Role.MEMBER, "qa", "finance", None, False),
        (Role.MEMBER, "qa", "finance", 7, True),
        (Role.MEMBER, None, "qa", None, False),
        (Role.CLERK, "operations", "qa", None, True),
        (Role.FINANCE, None, "qa", 9, True),
        (Role.ADMIN, None, "qa", None, True),
    ],
)
def test_members_see_their_department_and_their_own(role, department, code, assignee, seen):
    assert scope_of(7, role, department).includes(code, assignee) is seen
