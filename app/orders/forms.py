"""The form with which an order is cancelled."""

from __future__ import annotations

from wtforms import HiddenField, TextAreaField
from wtforms.validators import DataRequired, Length

from app.web.forms import BaseForm


class CancelForm(BaseForm):
    """Why an order is cancelled. `version` is that of the order the person looked at."""

    version = HiddenField()
    reason = TextAreaField(
        "Why is it cancelled?",
        [DataRequired("Say why, in a few words."), Length(max=1000)],
        description="Stands on the order for everybody, and in its timeline.",
    )
