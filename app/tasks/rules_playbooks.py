"""Knows when the steps of a playbook make sense, how they are kept, and what differs between two versions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.kernel.errors import BadInput
from app.kernel.texts import counted
from app.tasks.rules import Step
from app.tasks.rules_evidence import EVIDENCE_LABELS, Evidence

MOST_STEPS = 60
MOST_DAYS = 500
MOST_TARGET_MINUTES = 60_000
LONGEST_TITLE = 200
LONGEST_LABEL = 80
CODE = re.compile(r"[a-z0-9_]{1,60}")
ORDER_TYPE = re.compile(r"[a-z][a-z0-9_]{0,39}")


class PlaybookFaulty(BadInput):
    """The playbook has faults."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(faults[0].text, field=faults[0].field)


class OrderTypeUnusable(BadInput):
    """Write the order type in small letters, digits and underscores, a letter first, such as spare_parts."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and in which field: `steps[2].title`, or empty for the whole."""

    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works here now, as a default assignee."""

    name: str
    department: str
    sees_all: bool


def require_sound(steps: Sequence[Step], departments: Mapping[str, str], colleagues: Mapping[int, Colleague]) -> None:
    """Raises PlaybookFaulty with everything that is wrong."""
    if faults := list_faults(steps, departments, colleagues):
        raise PlaybookFaulty(faults)


def list_faults(
    steps: Sequence[Step], departments: Mapping[str, str], colleagues: Mapping[int, Colleague]
) -> list[Fault]:
    """Everything that keeps these steps from being a playbook; `departments` are the active ones by code."""
    if not steps:
        return [Fault("A playbook needs at least one step. Add one.")]
    if len(steps) > MOST_STEPS:
        return [Fault(f"A playbook has at most {MOST_STEPS} steps; this one has {len(steps)}. Remove some.")]
    faults = list(_list_step_faults(steps, departments, colleagues))
    if not faults and (circle := find_circle(steps)):
        first = next(place for place, step in enumerate(steps) if step.code == circle[0])
        faults.append(Fault(describe_circle(circle, steps), f"steps[{first}].prerequisites"))
    return faults


def _list_step_faults(
    steps: Sequence[Step], departments: Mapping[str, str], colleagues: Mapping[int, Colleague]
) -> Iterator[Fault]:
    seen: set[str] = set()
    codes = {step.code for step in steps}
    for place, step in enumerate(steps):
        at = f"steps[{place}]"
        if step.code in seen:
            yield Fault(f"The code “{step.code}” is there twice. Remove one of the two steps.", f"{at}.title")
        seen.add(step.code)
        yield from _list_own_faults(step, at)
        if step.department not in departments:
            yield Fault("Choose a department that is active.", f"{at}.department")
        yield from _list_prerequisite_faults(step, codes, at)
        if step.assignee_id is not None and not may_have(step, colleagues.get(step.assignee_id)):
            yield Fault(
                "Choose somebody who works here and belongs to the department, or leave it to the department.",
                f"{at}.assignee_id",
            )


def _list_own_faults(step: Step, at: str) -> Iterator[Fault]:
    if not step.title.strip():
        yield Fault("Say what is to be done.", f"{at}.title")
    if not CODE.fullmatch(step.code):
        yield Fault("This step cannot be read. Remove it and add it again.", f"{at}.title")
    if len(step.title) > LONGEST_TITLE:
        yield Fault(f"Use at most {LONGEST_TITLE} characters.", f"{at}.title")
    if not 0 <= step.due_after_days <= MOST_DAYS:
        yield Fault(f"Due after 0 to {MOST_DAYS} working days.", f"{at}.due_after_days")
    if step.target_minutes is not None and not 0 < step.target_minutes <= MOST_TARGET_MINUTES:
        yield Fault(
            f"A target is more than 0 and at most {MOST_TARGET_MINUTES // 60} working hours.", f"{at}.target_hours"
        )
    if step.evidence is not Evidence.NONE and not step.evidence_label.strip():
        yield Fault(f"Name {EVIDENCE_LABELS[step.evidence]} that is asked for.", f"{at}.evidence_label")
    if len(step.evidence_label) > LONGEST_LABEL:
        yield Fault(f"Use at most {LONGEST_LABEL} characters.", f"{at}.evidence_label")


def _list_prerequisite_faults(step: Step, codes: Collection[str], at: str) -> Iterator[Fault]:
    if step.code in step.prerequisites:
        yield Fault(f"“{step.title}” cannot wait for itself.", f"{at}.prerequisites")
    if unknown := [code for code in step.prerequisites if code not in codes]:
        yield Fault(f"“{step.title}” waits for “{unknown[0]}”, which is no step here.", f"{at}.prerequisites")


def may_have(step: Step, person: Colleague | None) -> bool:
    """Whether a step can be theirs from the start: somebody who works here and sees the department's tasks."""
    return person is not None and (person.sees_all or person.department == step.department)


def find_circle(steps: Sequence[Step]) -> list[str]:
    """The codes of steps that wait for each other in a circle, the first one in the playbook first; none is empty."""
    left = {step.code: set(step.prerequisites) for step in steps}
    while free := [code for code, needed in left.items() if not needed & left.keys()]:
        for code in free:
            del left[code]
    if not left:
        return []
    path = [next(iter(left))]
    while (following := next(step for step in _in_order(steps, left) if step in left[path[-1]])) not in path:
        path.append(following)
    circle = path[path.index(following) :]
    first = min(range(len(circle)), key=lambda place: _in_order(steps, circle).index(circle[place]))
    return circle[first:] + circle[:first]


def _in_order(steps: Sequence[Step], codes: Collection[str]) -> list[str]:
    return [step.code for step in steps if step.code in codes]


def describe_circle(circle: Sequence[str], steps: Sequence[Step]) -> str:
    """`Build waits for Test, which waits for Build. Take one of them out.`"""
    titles = {step.code: step.title for step in steps}
    names = [f"“{titles[code]}”" for code in (*circle, circle[0])]
    return f"{', which waits for '.join([f'{names[0]} waits for {names[1]}', *names[2:]])}. Take one of them out."


def list_warnings(steps: Sequence[Step]) -> list[str]:
    """What is allowed and yet looks like a slip: a step that is due before one it waits for."""
    known = {step.code: step for step in steps}
    return [
        f"“{step.title}” is due after {counted(step.due_after_days, 'working day')}, "
        f"before “{other.title}” ({other.due_after_days}), which it waits for."
        for step in steps
        for other in (known[code] for code in step.prerequisites if code in known)
        if step.due_after_days < other.due_after_days
    ]


def describe_changes(before: Sequence[Step], after: Sequence[Step]) -> list[str]:
    """What differs, one sentence each."""
    old, new = {step.code: step for step in before}, {step.code: step for step in after}
    said = [f"“{step.title}” added" for step in after if step.code not in old]
    said += [f"“{step.title}” removed" for step in before if step.code not in new]
    for step in after:
        if step.code in old and (words := _differences(old[step.code], step, new)):
            said.append(f"“{old[step.code].title}”: {', '.join(words)}")
    if [code for code in old if code in new] != [code for code in new if code in old]:
        said.append("the order of the steps")
    return said


def _differences(old: Step, new: Step, steps: Mapping[str, Step]) -> list[str]:
    after = " and ".join(steps[code].title if code in steps else code for code in new.prerequisites)
    pairs = (
        (old.title, new.title, f"now “{new.title}”"),
        (old.department, new.department, f"department {new.department}"),
        (old.due_after_days, new.due_after_days, f"due after {old.due_after_days} → {new.due_after_days}"),
        (set(old.prerequisites), set(new.prerequisites), f"after {after}" if after else "starts at once"),
        (old.is_required, new.is_required, "required" if new.is_required else "optional"),
        (old.target_minutes, new.target_minutes, f"target {show_hours(new.target_minutes) or 'none'}"),
        (old.assignee_id, new.assignee_id, "another default person" if new.assignee_id else "no default person"),
        (_asked(old), _asked(new), f"asks for {_asked(new)}"),
    )  # fmt: skip
    return [words for was, is_, words in pairs if was != is_]


def _asked(step: Step) -> str:
    return f"{EVIDENCE_LABELS[step.evidence]} {step.evidence_label}".strip()


def show_hours(minutes: int | None) -> str:
    """`4 h`, `1.5 h`; nothing without a target."""
    return f"{minutes / 60:.2f}".rstrip("0").rstrip(".") + " h" if minutes else ""


def next_code(codes: Collection[str]) -> str:
    """A code for one more step, that none of these has."""
    number = len(codes) + 1
    while f"step_{number}" in codes:
        number += 1
    return f"step_{number}"


def write_steps(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """As a version keeps them."""
    return [
        {
            "code": step.code, "title": step.title, "department": step.department,
            "due_after_days": step.due_after_days, "prerequisites": list(step.prerequisites),
            "is_required": step.is_required, "target_minutes": step.target_minutes,
            "assignee_id": step.assignee_id, "evidence": step.evidence.value, "evidence_label": step.evidence_label,
        }
        for step in steps
    ]  # fmt: skip


def read_steps(kept: Sequence[Mapping[str, Any]]) -> list[Step]:
    """The steps a version keeps; what an older one did not know has its default."""
    return [
        Step(
            **{
                **facts,
                "prerequisites": tuple(facts["prerequisites"]),
                "evidence": Evidence(facts.get("evidence", "none")),
            }
        )
        for facts in kept
    ]
