"""The forms of playbooks: the steps as somebody edits them, a new playbook, and what finishing a task asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from app.tasks.rules import Step
from app.tasks.rules_evidence import DECISIONS, EVIDENCE_LABELS, Evidence
from app.tasks.rules_playbooks import Colleague, next_code
from app.web.forms import BaseForm, PartForm, choices_of

IMPOSSIBLE = -1  # what nobody can mean; the rules refuse it with a sentence


class StepForm(PartForm):
    """One step. Numbers are text here, so that what was typed stays when it is refused."""

    code = HiddenField()
    title = StringField("What is to be done?", render_kw={"required": True})
    department = SelectField("Department", validate_choice=False)
    assignee_id = SelectField("Person", validate_choice=False)
    due_after_days = StringField("Due after", default="1")
    target_hours = StringField("Target")
    is_required = BooleanField("The order waits for it", default=True)
    evidence = SelectField("Done with", validate_choice=False, default="none")
    evidence_label = StringField("Which one?")
    prerequisites = SelectMultipleField("Starts when these are done", validate_choice=False)


class PlaybookForm(BaseForm):
    """A playbook as it is edited; `based_on` is the version the person began from."""

    based_on = HiddenField()
    name = StringField("Name", [InputRequired("Give it a name."), Length(max=80, message="Use at most 80 characters.")])
    steps = FieldList(FormField(StepForm), "Steps")

    def offer(self, departments: Mapping[str, str], colleagues: Mapping[int, Colleague]) -> None:
        """Gives every step its choices."""
        titles = [(str(entry.form.code.data), str(entry.form.title.data or "…")) for entry in self.steps]
        people = [(str(user_id), one.name) for user_id, one in colleagues.items()]
        for entry in self.steps:
            form, mine = entry.form, entry.form.code.data
            form.department.choices = choices_of([("", "Choose…"), *departments.items()])
            form.assignee_id.choices = choices_of([("", "the department's queue"), *people])
            form.evidence.choices = choices_of([(kind.value, words) for kind, words in EVIDENCE_LABELS.items()])
            form.prerequisites.choices = choices_of([(code, title) for code, title in titles if code != mine])

    def rows(self) -> list[dict[str, Any]]:
        """The steps as typed."""
        return [dict(entry.form.data) for entry in self.steps]


class NewPlaybookForm(BaseForm):
    order_type = StringField(
        "Order type",
        [InputRequired("Name the order type.")],
        description="As the deals say it, such as spare_parts. It cannot be changed later.",
    )
    name = StringField("Name", [InputRequired("Give it a name."), Length(max=80)])
    copy_of = SelectField("Begin with the steps of")

    def __init__(self, *args: Any, playbooks: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.copy_of.choices = choices_of(playbooks)


class FinishFileForm(BaseForm):
    evidence = FileField("File", description="PDF, PNG, JPEG, TXT, CSV, XLSX or DOCX, up to 20 MB.")
    note = TextAreaField("Note")


class FinishNumberForm(BaseForm):
    evidence = StringField("Number")
    note = TextAreaField("Note")


def _pick_decision() -> list[SelectChoice]:
    return choices_of([("", "Choose…"), *DECISIONS.items()])


class FinishDecisionForm(BaseForm):
    evidence = SelectField("Decision", validate_choice=False, choices=_pick_decision)
    note = TextAreaField(
        "Note", description="Needed to refuse: say why. The task then stays open, and the order gets an exception."
    )


FINISH_FORMS: Mapping[Evidence, type[BaseForm]] = {
    Evidence.NONE: BaseForm,
    Evidence.FILE: FinishFileForm,
    Evidence.NUMBER: FinishNumberForm,
    Evidence.DECISION: FinishDecisionForm,
}


def read_rows(rows: Sequence[Mapping[str, Any]]) -> list[Step]:
    """The steps these rows mean; what cannot be read becomes what the rules refuse."""
    return [
        Step(
            code=row["code"] or "",
            title=row["title"] or "",
            department=row["department"] or "",
            due_after_days=_whole(row["due_after_days"]),
            prerequisites=tuple(row["prerequisites"] or ()),
            is_required=bool(row["is_required"]),
            target_minutes=_minutes(row["target_hours"]),
            assignee_id=_whole(row["assignee_id"]) if row["assignee_id"] else None,
            evidence=Evidence(row["evidence"]) if row["evidence"] in set(Evidence) else Evidence.NONE,
            evidence_label=row["evidence_label"] or "" if row["evidence"] != Evidence.NONE else "",
        )
        for row in rows
    ]


def write_rows(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The rows that show these steps."""
    return [
        {
            "code": step.code, "title": step.title, "department": step.department,
            "due_after_days": str(step.due_after_days), "prerequisites": list(step.prerequisites),
            "is_required": step.is_required, "target_hours": _hours(step.target_minutes),
            "assignee_id": str(step.assignee_id or ""), "evidence": step.evidence.value,
            "evidence_label": step.evidence_label,
        }
        for step in steps
    ]  # fmt: skip


def change_rows(rows: Sequence[dict[str, Any]], wanted: str) -> list[dict[str, Any]]:
    """The rows after a button was pressed: `add`, `up-3`, `down-3`, `remove-3`; another word changes nothing."""
    act, _dash, number = wanted.partition("-")
    changed = list(rows)
    if act == "add":
        return [*changed, _new_row(rows)]
    place = _whole(number)
    if not 0 <= place < len(changed):
        return changed
    row = changed.pop(place)
    if act == "remove":
        return [
            {**one, "prerequisites": [code for code in one["prerequisites"] if code != row["code"]]} for one in changed
        ]
    changed.insert(max(place - 1, 0) if act == "up" else place + 1 if act == "down" else place, row)
    return changed


def _new_row(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One more step, after the last one."""
    code = next_code([row["code"] for row in rows])
    step = Step(code, "", "", 1, prerequisites=(rows[-1]["code"],) if rows else ())
    return write_rows([step])[0]


def _whole(text: object) -> int:
    words = str(text).strip()
    return int(words) if words.isascii() and words.isdigit() and len(words) < 10 else IMPOSSIBLE


def _minutes(hours: object) -> int | None:
    words = str(hours or "").strip().removesuffix("h").strip().replace(",", ".")
    if not words:
        return None
    try:
        number = Decimal(words)
    except InvalidOperation:
        return IMPOSSIBLE
    return int(number * 60) if number.is_finite() and abs(number) < 1_000_000 else IMPOSSIBLE


def _hours(minutes: int | None) -> str:
    return "" if minutes is None else f"{Decimal(minutes) / 60:.2f}".rstrip("0").rstrip(".")
