"""The form that starts a run over many drafts."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField
from wtforms.validators import InputRequired

from app.web.forms import BaseForm, DateField


class RunForm(BaseForm):
    """Which drafts, as they were shown, and with what date."""

    customer = HiddenField()
    until = HiddenField()
    issued_on = DateField("Invoice date", validators=[InputRequired()])
    send = BooleanField("Mail each invoice to its customer", default=True)
