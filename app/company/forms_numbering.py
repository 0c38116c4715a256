"""The forms of the number series: how numbers are written, and which one comes next."""

from __future__ import annotations

from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired, NumberRange

from app.company.forms import NEEDED
from app.web.forms import BaseForm


class PatternForm(BaseForm):
    pattern = StringField("Pattern", [InputRequired(NEEDED)])


class NextNumberForm(BaseForm):
    number = IntegerField(
        "Next number", [InputRequired("Write a whole number, such as 500."), NumberRange(1, message="Write 1 or more.")]
    )
    reason = StringField("Reason", [InputRequired(NEEDED)])
