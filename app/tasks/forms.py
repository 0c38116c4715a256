"""The forms that add a task to an order and change a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from app.web.forms import BaseForm, DateField


class AddTaskForm(BaseForm):
    """A task beside the playbook; departments and people are (value, name)."""

    title = StringField("What is to be done?", [DataRequired("Say what is to be done."), Length(max=200)])
    department_code = SelectField("Department", [InputRequired("Choose who does it.")])
    due_on = DateField("Due", [InputRequired("Say by when.")])
    target = StringField("Target", [Length(max=20)])
    assignee_id = SelectField("Person", default="")
    is_required = BooleanField(
        "The order waits for it", description="It must be done before the order counts as fulfilled."
    )

    def __init__(
        self, *args: Any, departments: Sequence[tuple[str, str]], people: Sequence[tuple[int, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.department_code.choices = [SelectChoice(code, name) for code, name in departments]
        self.assignee_id.choices = [SelectChoice("", "nobody yet")] + [
            SelectChoice(str(user_id), name) for user_id, name in people
        ]


class TargetForm(BaseForm):
    """`version` is that of the task the person looked at."""

    version = HiddenField()
    target = StringField("Target", [Length(max=20)])
