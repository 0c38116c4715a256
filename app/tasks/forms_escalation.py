"""The form of the escalation ladder and of who leads which department."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import FieldList, FormField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from app.kernel.errors import BadInput
from app.tasks.rules_escalation import MOST_LEVELS, WHO_LABELS
from app.web.forms import BaseForm, PartForm


class LevelForm(PartForm):
    share = StringField("Share of the target used, in percent")
    who = SelectField("Who is told", choices=[SelectChoice(who.value, label) for who, label in WHO_LABELS.items()])


class LeadForm(PartForm):
    code = HiddenField()
    lead = SelectField("Team lead", default="", validate_choice=False)  # of people; the service knows who works here

    def lead_id(self) -> int | None:
        """Who leads; None for nobody. Raises BadInput."""
        text = self.lead.data or ""
        if text and not (text.isascii() and text.isdigit() and len(text) < 16):
            raise BadInput("Choose somebody who works here.")
        return int(text) if text else None


class LadderForm(BaseForm):
    """`people` are (id, name), `departments` name by code."""

    seen = HiddenField()
    levels = FieldList(FormField(LevelForm), "Levels", max_entries=MOST_LEVELS)
    leads = FieldList(FormField(LeadForm), "Team leads", max_entries=200)

    def __init__(self, *args: Any, people: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for entry in self.leads:
            entry.form.lead.choices = [SelectChoice("", "nobody: the managers")] + [
                SelectChoice(str(user_id), name) for user_id, name in people
            ]
