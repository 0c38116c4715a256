"""Knows what the boxes of a drawn plan say: the department as word and colour, and how far an order's task is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.tasks.models import Task, TaskState
from app.tasks.queries import name_departments
from app.tasks.rules import Step
from app.tasks.rules_graph import COLOURS, Box, draw

STATES: Mapping[TaskState, str] = {
    TaskState.BLOCKED: "waits",
    TaskState.OPEN: "to do",
    TaskState.DONE: "done ✓",
    TaskState.CANCELLED: "closed",
}


@dataclass(frozen=True)
class Picture:
    """A drawing with what stands in its boxes, by code: department, its colour, state in words and as a class."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[str, ...]
    red: tuple[str, ...]
    marks: Mapping[str, tuple[str, int, str, str]]


def draw_steps(steps: Sequence[Step], circle: Sequence[str] = ()) -> Picture:
    """The steps of a playbook; those that wait for each other in a circle are joined by red arrows."""
    facts = {step.code: (step.department, "" if step.is_required else "optional", "") for step in steps}
    return _picture(steps, facts, circle)


def draw_tasks(tasks: Sequence[Task]) -> Picture:
    """The tasks of one order."""
    facts = {task.code: (task.department_code, STATES[task.state], task.state.value) for task in tasks}
    return _picture(tasks, facts)


def _picture(
    steps: Sequence[Step] | Sequence[Task], facts: Mapping[str, tuple[str, str, str]], circle: Sequence[str] = ()
) -> Picture:
    names = name_departments()
    colours = {code: place % COLOURS for place, code in enumerate(sorted(names))}
    drawing = draw(steps, circle)
    marks = {
        code: (names.get(department, department), colours.get(department, 0), word, state)
        for code, (department, word, state) in facts.items()
    }
    return Picture(drawing.width, drawing.height, drawing.boxes, drawing.arrows, drawing.red, marks)
