"""Knows the standard departments and playbooks, what a plan looks like, and which tasks become free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from app.kernel.business_calendar import BusinessCalendar
from app.tasks.rules_evidence import Evidence

DEPARTMENTS = {
    "operations": "Operations",
    "finance": "Finance",
    "rnd": "R&D",
    "qa": "QA",
    "marketing": "Marketing",
    "customer_service": "Customer service",
}
STANDARD = "standard"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a playbook: due so many working days after the order was opened."""

    code: str
    title: str
    department: str
    due_after_days: int
    prerequisites: tuple[str, ...] = ()
    is_required: bool = True
    target_minutes: int | None = None  # working time from the moment it is open
    assignee_id: int | None = None  # nobody: the department's queue
    evidence: Evidence = Evidence.NONE
    evidence_label: str = ""


PLAYBOOKS: dict[str, tuple[str, tuple[Step, ...]]] = {
    STANDARD: (
        "Standard order",
        (
            Step("confirm_order", "Confirm the order to the customer", "customer_service", 1),
            Step("credit_check", "Check credit and billing data", "finance", 1),
            Step("prepare_goods", "Pick and pack the goods", "operations", 3, ("credit_check",)),
            Step("quality_check", "Check the goods before they leave", "qa", 4, ("prepare_goods",)),
            Step(
                "deliver", "Ship, and keep the proof of delivery", "operations", 5, ("confirm_order", "quality_check")
            ),
            Step("ask_feedback", "Ask the customer for feedback", "marketing", 10, ("deliver",), is_required=False),
        ),
    ),
    "custom_build": (
        "Made to specification",
        (
            Step("confirm_order", "Confirm the order and its specification", "customer_service", 1),
            Step("credit_check", "Check credit and billing data", "finance", 1),
            Step("design", "Design and release the drawings", "rnd", 5, ("confirm_order",)),
            Step("build", "Build to the released drawings", "operations", 12, ("credit_check", "design")),
            Step("quality_check", "Test against the specification", "qa", 14, ("build",)),
            Step("deliver", "Ship, and keep the acceptance protocol", "operations", 15, ("quality_check",)),
            Step("reference", "Ask for a reference", "marketing", 25, ("deliver",), is_required=False),
        ),
    ),
    "service": (
        "Service or subscription",
        (
            Step("confirm_order", "Confirm the start to the customer", "customer_service", 1),
            Step("credit_check", "Check credit and billing data", "finance", 1),
            Step("set_up", "Set the service up", "operations", 3, ("credit_check",)),
            Step("go_live", "Hand over to the customer", "customer_service", 5, ("confirm_order", "set_up")),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class PlannedTask:
    step: Step
    position: int
    due_on: date
    is_open: bool


def plan(steps: Sequence[Step], ordered_on: date, calendar: BusinessCalendar) -> list[PlannedTask]:
    """The tasks of an order: those without prerequisites are open from the start."""
    return [
        PlannedTask(step, position, calendar.add_working_days(ordered_on, step.due_after_days), not step.prerequisites)
        for position, step in enumerate(steps, start=1)
    ]


def last_required_due(planned: Iterable[PlannedTask], ordered_on: date) -> date:
    """The day on which the order should be fulfilled."""
    return max((task.due_on for task in planned if task.step.is_required), default=ordered_on)


def is_free(prerequisites: Iterable[str], done: Iterable[str]) -> bool:
    """Whether everything a task waits for is done."""
    return set(prerequisites) <= set(done)
