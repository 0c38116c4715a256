"""The forms of an exception: raising it, handing it over, putting it aside, resolving and reopening it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from app.orders.rules_exceptions import CAUSE_LABELS
from app.orders.services_exceptions import LONGEST_TEXT
from app.web.forms import BaseForm, DateField


class OwnerForm(BaseForm):
    """People are (id, name), departments (code, name); `owner` is one of either."""

    nobody = "nobody yet"
    owner = SelectField("Who sees to it?", default="")

    def __init__(
        self, *args: Any, departments: Sequence[tuple[str, str]], people: Sequence[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.owner.choices = [
            SelectChoice("", self.nobody),
            *(SelectChoice(f"department:{code}", name, optgroup="Departments") for code, name in departments),
            *(SelectChoice(f"person:{user_id}", name, optgroup="People") for user_id, name in people),
        ]

    @property
    def person(self) -> int | None:
        """The id of the chosen person."""
        kind, _, chosen = (self.owner.data or "").partition(":")
        return int(chosen) if kind == "person" else None

    @property
    def department(self) -> str | None:
        """The code of the chosen department."""
        kind, _, chosen = (self.owner.data or "").partition(":")
        return chosen if kind == "department" else None


class RaiseForm(OwnerForm):
    cause = SelectField("What is it about?", [InputRequired("Choose a cause.")])
    description = TextAreaField(
        "What keeps the order from going on?",
        [DataRequired("Say what is wrong, in a few words."), Length(max=LONGEST_TEXT)],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cause.choices = [SelectChoice(cause, label) for cause, label in CAUSE_LABELS.items()]


class HandForm(OwnerForm):
    nobody = "Choose…"
    owner = SelectField("Who sees to it from now on?", [InputRequired("Choose a person or a department.")])
    note = TextAreaField(
        "What do they need to know?",
        [DataRequired("Say what they need to know."), Length(max=LONGEST_TEXT)],
        id="hand-note",  # beside the note of the form that resolves it
    )


class SuspendForm(BaseForm):
    until = DateField("Put aside until", [InputRequired("Choose the day on which it comes back.")])


class ResolveForm(BaseForm):
    note = TextAreaField(
        "How was it resolved?", [DataRequired("Say what was done, in a few words."), Length(max=LONGEST_TEXT)]
    )


class ReopenForm(BaseForm):
    reason = TextAreaField(
        "Why is it not resolved?", [DataRequired("Say why, in a few words."), Length(max=LONGEST_TEXT)]
    )
