"""The forms that close the books up to a day, and open them again."""

from wtforms import StringField
from wtforms.validators import InputRequired

from app.web.forms import BaseForm, DateField


class CloseForm(BaseForm):
    up_to = DateField("Close up to and on", validators=[InputRequired("Give the last day that is closed.")])
    reason = StringField("Note", description="For those who read this later, such as: VAT return sent.")


class ReopenForm(BaseForm):
    reason = StringField("Reason", [InputRequired("Say why the books are reopened.")])
