"""The form with which an order is cancelled."""

from wtforms import TextAreaField
from wtforms.validators import InputRequired

from app.web.forms import BaseForm


class CancelForm(BaseForm):
    reason = TextAreaField("Reason", [InputRequired("Say why the order is cancelled.")])
