"""Knows how the demo's house improved its playbooks, and what its people give as evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.tasks.models import Task
from app.tasks.queries_playbooks import find_live_version
from app.tasks.rules_evidence import Evidence, Given
from app.tasks.rules_playbooks import read_steps
from app.tasks.services_playbooks import publish_version, save_version


def _asks(kind: Evidence, label: str, minutes: int) -> dict[str, Any]:
    return {"evidence": kind, "evidence_label": label, "target_minutes": minutes}


# code of the step -> what it is done with, and its target in working minutes
BETTER: Mapping[str, dict[str, Any]] = {
    "design": _asks(Evidence.NUMBER, "Number of the released drawing", 1440),
    "quality_check": _asks(Evidence.DECISION, "Test against the specification", 480),
    "deliver": _asks(Evidence.FILE, "Acceptance protocol", 240),
}
PROTOCOL = b"Acceptance protocol\nDelivered complete and accepted without objection.\n"


def improve_playbooks(*, actor: str, now: datetime) -> None:
    """What is built to specification asks for evidence; a shorter standard is still a draft."""
    custom, standard = find_live_version("custom_build"), find_live_version("standard")
    better = [replace(step, **BETTER.get(step.code, {})) for step in read_steps(custom.steps)]
    saved = save_version("custom_build", custom.name, better, based_on=custom.number, actor=actor, now=now)
    publish_version("custom_build", saved.number, actor=actor, now=now)
    faster = [replace(step, due_after_days=max(step.due_after_days - 1, 1)) for step in read_steps(standard.steps)]
    save_version("standard", standard.name, faster, based_on=standard.number, actor=actor, now=now)


def give_evidence(task: Task) -> Given:
    """What the task asks for."""
    if task.evidence is Evidence.FILE:
        return Given(file_name="acceptance.txt", file=PROTOCOL)
    return Given(text="approved" if task.evidence is Evidence.DECISION else f"DRW-{1000 + task.order_id}")
