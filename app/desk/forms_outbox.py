"""What people type on pages of the outbox."""

from __future__ import annotations

from wtforms import EmailField
from wtforms.validators import DataRequired, Length

from app.outbox.rules_address import LONGEST_ADDRESS
from app.web.forms import BaseForm


class TestMailForm(BaseForm):
    """Where a test mail goes."""

    __test__ = False  # no test, whatever its name begins with

    address = EmailField("To", validators=[DataRequired(), Length(max=LONGEST_ADDRESS)])
