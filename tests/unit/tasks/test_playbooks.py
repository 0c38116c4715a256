"""Playbooks: what makes no sense, what differs, how they are drawn, and what shows that a task is done."""

import re
from dataclasses import replace

import pytest

from app.kernel.errors import BadInput
from app.tasks.rules import PLAYBOOKS, Step
from app.tasks.rules_evidence import Evidence, Given, check_evidence
from app.tasks.rules_graph import draw
from app.tasks.rules_playbooks import (
    MOST_STEPS,
    Colleague,
    describe_changes,
    find_circle,
    list_faults,
    list_warnings,
    read_steps,
    write_steps,
)

DEPARTMENTS = {"qa": "QA", "operations": "Operations"}
COLLEAGUES = {1: Colleague("Ada", "qa", False), 2: Colleague("Bo", "", True), 3: Colleague("Cy", "operations", False)}
BUILD = Step("build", "Build", "operations", 2)
TEST = Step("test", "Test", "qa", 3, ("build",))
SHIP = Step("ship", "Ship", "operations", 4, ("test",))
FINE = [BUILD, TEST, SHIP]


def change(place, **values):
    return [replace(step, **values) if at == place else step for at, step in enumerate(FINE)]


FAULTY = {
    "no step": ([], "", "at least one step"),
    "too many": ([replace(BUILD, code=f"s{n}") for n in range(MOST_STEPS + 1)], "", "at most 60 steps"),
    "circle of two": (
        [replace(BUILD, prerequisites=("test",)), TEST],
        "steps[0].prerequisites",
        "“Build” waits for “Test”, which waits for “Build”.",
    ),
    "circle of three": (
        change(0, prerequisites=("ship",)),
        "steps[0].prerequisites",
        "“Build” waits for “Ship”, which waits for “Test”, which waits for “Build”.",
    ),
    "itself": (change(1, prerequisites=("test",)), "steps[1].prerequisites", "“Test” cannot wait for itself"),
    "unknown prerequisite": (change(1, prerequisites=("gone",)), "steps[1].prerequisites", "“gone”, which is no step"),
    "code twice": ([BUILD, BUILD], "steps[1].title", "there twice"),
    "junk code": (change(0, code="<x>"), "steps[0].title", "cannot be read"),
    "no title": (change(0, title="  "), "steps[0].title", "Say what is to be done"),
    "long title": (change(0, title="x" * 201), "steps[0].title", "at most 200"),
    "unknown department": (change(2, department="sales"), "steps[2].department", "department that is active"),
    "before the order": (change(0, due_after_days=-1), "steps[0].due_after_days", "0 to 500 working days"),
    "too late": (change(2, due_after_days=501), "steps[2].due_after_days", "0 to 500 working days"),
    "no target": (change(0, target_minutes=0), "steps[0].target_hours", "more than 0"),
    "endless target": (change(0, target_minutes=60_001), "steps[0].target_hours", "at most 1000 working hours"),
    "evidence without a name": (change(0, evidence=Evidence.FILE), "steps[0].evidence_label", "Name a file"),
    "person who left": (change(1, assignee_id=9), "steps[1].assignee_id", "somebody who works here"),
    "person of another department": (change(1, assignee_id=3), "steps[1].assignee_id", "belongs to the department"),
}


@pytest.mark.parametrize(("steps", "field", "words"), FAULTY.values(), ids=FAULTY)
def test_what_makes_no_sense_is_named_at_its_field(steps, field, words):
    faults = list_faults(steps, DEPARTMENTS, COLLEAGUES)
    assert (faults[0].field, words in faults[0].text) == (field, True), faults


def test_what_makes_sense_has_no_faults_whoever_sees_all_may_have_any_step():
    assert list_faults(FINE, DEPARTMENTS, COLLEAGUES) == []
    for person in (1, 2):
        assert list_faults(change(1, assignee_id=person), DEPARTMENTS, COLLEAGUES) == []


def test_a_step_due_before_one_it_waits_for_is_a_warning():
    assert list_warnings(FINE) == []
    assert list_warnings(change(1, due_after_days=1)) == [
        "“Test” is due after 1 working day, before “Build” (2), which it waits for."
    ]


DIFFERENCES = [
    (FINE, []),
    ([*FINE, replace(SHIP, code="more", title="More")], ["“More” added"]),
    (FINE[:2], ["“Ship” removed"]),
    (change(0, title="Make"), ["“Build”: now “Make”"]),
    (change(0, due_after_days=5, target_minutes=90), ["“Build”: due after 2 → 5, target 1.5 h"]),
    (change(1, prerequisites=(), is_required=False), ["“Test”: starts at once, optional"]),
    (change(2, evidence=Evidence.FILE, evidence_label="Proof"), ["“Ship”: asks for a file Proof"]),
    ([TEST, BUILD, SHIP], ["the order of the steps"]),
]


def test_what_changed_is_said_in_words():
    assert [describe_changes(FINE, after) for after, _words in DIFFERENCES] == [words for _after, words in DIFFERENCES]


def test_a_playbook_survives_being_kept():
    for _name, steps in PLAYBOOKS.values():
        assert tuple(read_steps(write_steps(steps))) == steps


def test_boxes_stand_right_of_what_they_wait_for_and_never_on_each_other():
    for _name, steps in PLAYBOOKS.values():
        drawing = draw(steps)
        boxes = {box.code: box for box in drawing.boxes}
        assert len({(box.x, box.y) for box in drawing.boxes}) == len(steps)
        for step in steps:
            assert all(boxes[code].x < boxes[step.code].x for code in step.prerequisites)
            assert boxes[step.code].x < drawing.width
            assert boxes[step.code].y + 64 <= drawing.height
        assert len(drawing.arrows) == sum(len(step.prerequisites) for step in steps)
        assert all(re.fullmatch(r"[MCH0-9. -]+", path) for path in drawing.arrows)


def test_an_arrow_over_several_columns_passes_no_box():
    drawing = draw([BUILD, TEST, replace(SHIP, prerequisites=("build", "test"))])
    boxes = {box.code: box for box in drawing.boxes}
    passing = next(path for path in drawing.arrows if " H" in path)
    level = int(re.search(r"(\d+) H", passing).group(1))
    assert not boxes["test"].y <= level <= boxes["test"].y + 64
    assert boxes["ship"].after == ("Build", "Test")


def test_a_circle_is_drawn_with_its_arrows_apart():
    steps = [replace(BUILD, prerequisites=("ship",)), TEST, SHIP]
    circle = find_circle(steps)
    drawing = draw(steps, circle)
    assert (len(drawing.red), len(drawing.arrows)) == (len(circle), 0)
    assert len({(box.x, box.y) for box in drawing.boxes}) == 3


def test_long_and_hostile_titles_fit_their_box_and_nothing_is_drawn_of_nothing():
    drawing = draw([replace(BUILD, title="word " * 40), replace(TEST, title="x" * 150, prerequisites=("gone",))])
    assert all(len(line) <= 21 for box in drawing.boxes for line in box.lines)
    assert draw([]).boxes == ()


GIVEN = [
    (Evidence.NONE, Given(), ""),
    (Evidence.NUMBER, Given(" DHL  0034 "), "DHL 0034"),
    (Evidence.NUMBER, Given(""), None),
    (Evidence.NUMBER, Given("soon"), None),
    (Evidence.DECISION, Given("approved"), "approved"),
    (Evidence.DECISION, Given("perhaps"), None),
    (Evidence.FILE, Given("it is attached"), None),
    (Evidence.FILE, Given(file_name="a.pdf", file=b"%PDF-1.7"), "a.pdf"),
    (Evidence.FILE, Given(file_name="a.pdf", file=b"<html>"), None),
]


def test_a_task_is_done_with_what_it_asks_for():
    for kind, given, kept in GIVEN:
        if kept is not None:
            assert check_evidence(kind, "Proof", "Ship", given).text == kept
            continue
        with pytest.raises(BadInput):
            check_evidence(kind, "Proof", "Ship", given)
