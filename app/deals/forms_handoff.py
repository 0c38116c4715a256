"""The forms of the hand-off: a promise of Sales, and an item of a checklist."""

from __future__ import annotations

import re
from typing import Any

from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.deals.rules_gate import CHECKS
from app.deals.services_handoff import MOST_DAYS
from app.web.forms import BaseForm, DateField
from app.web.lookups import look_up

BY_HAND = "A person ticks it"


def department_choices() -> list[SelectChoice]:
    departments: list[tuple[str, str]] = look_up("departments", [])
    return [SelectChoice(code, name) for code, name in departments]


def check_days(form: Any, field: Any) -> None:
    """A number of working days, kept as an integer."""
    if not re.fullmatch(r"[0-9]{1,3}", field.data) or int(field.data) > MOST_DAYS:
        raise ValidationError(f"Write a whole number of working days from 0 to {MOST_DAYS}.")


class PromiseForm(BaseForm):
    text = StringField(
        "What was promised?", [InputRequired("Say what was promised."), Length(max=200)],
        description="It becomes a task with this name when the deal is accepted.",
    )  # fmt: skip
    department_code = SelectField("Who keeps it", [InputRequired("Choose a department.")], choices=department_choices)
    due_after_days = StringField(
        "Working days", [Optional(), check_days], description="After the order is opened. Or say the day."
    )
    due_on = DateField("Day", [Optional()])
    is_required = BooleanField(
        "The order waits for it", description="It must be kept before the order counts as fulfilled."
    )

    def days(self) -> int | None:
        return int(self.due_after_days.data) if self.due_after_days.data else None


class ItemForm(BaseForm):
    """An item that is changed."""

    version = HiddenField()
    label = StringField("What to look at", [InputRequired("Say what to look at."), Length(max=120)])
    is_required = BooleanField("Required", description="No deal of this type is accepted while it is open.")
    asks_file = BooleanField("Asks for a file", description="A file attached for it makes it fine, a tick does not.")


class NewItemForm(BaseForm):
    """An item that is added; `missing` are the automatic checks that are not on the list yet."""

    check = SelectField("Who checks it", default="")
    label = StringField(
        "What to look at", [Length(max=120)], description="Leave it empty to call a check of the system by its name."
    )
    is_required = BooleanField("Required", description="No deal of this type is accepted while it is open.")
    asks_file = BooleanField("Asks for a file", description="A file attached for it makes it fine, a tick does not.")

    def __init__(self, *args: Any, missing: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.check.choices = [
            SelectChoice("", BY_HAND),
            *(SelectChoice(code, f"The system: {CHECKS[code]}") for code in missing),
        ]
