"""The forms of account care: a note, a reminder, what came of it, another day."""

from __future__ import annotations

from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from app.orders.services_care import LONGEST_NOTE
from app.web.forms import BaseForm, DateField


class NoteForm(BaseForm):
    text = TextAreaField("Note", [DataRequired("Write something first."), Length(max=LONGEST_NOTE)])


class ReminderForm(BaseForm):
    text = StringField("What to do", [DataRequired("Say what is to be done."), Length(max=200)])
    due_on = DateField("On", [InputRequired("Choose a day.")])


class OutcomeForm(BaseForm):
    outcome = TextAreaField("What came of it?", [DataRequired("Say it in a few words."), Length(max=1000)])


class MoveForm(BaseForm):
    due_on = DateField("Remind again on", [InputRequired("Choose a day.")])
