"""What a person sends at the cash desk: accepted as proposed, placed by hand, set aside, come back, taken back."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from app.payments.rules_cash import ASIDE_LABELS
from app.payments.rules_settling import CODE_LABELS, NEEDS_WORDS
from app.web.forms import BaseForm

STAYS_OPEN = ""
WORDED = [code for code in CODE_LABELS if code in NEEDS_WORDS]


class LineForm(BaseForm):
    """About one line as the person saw it, and the page to go back to."""

    version = HiddenField()
    next = HiddenField()


class AcceptForm(LineForm):
    proposal = HiddenField()


class PlaceForm(LineForm):
    """The amounts stand beside the instalments, under names of their own."""

    customer = HiddenField()
    short = SelectField(
        "If an invoice is paid short, its rest",
        choices=[SelectChoice(STAYS_OPEN, "stays open")]
        + [SelectChoice(code.value, f"goes: {label.lower()}") for code, label in CODE_LABELS.items()],
    )
    reason = StringField(
        "Reason",
        description=f"Needed for {' and '.join(f'“{CODE_LABELS[code]}”' for code in WORDED)}.",
        validators=[Length(max=300)],
    )


class AsideForm(LineForm):
    reason_code = RadioField(
        "Why is it nobody’s payment?",
        choices=[SelectChoice(code.value, label) for code, label in ASIDE_LABELS.items()],
        validators=[InputRequired("Choose why.")],
    )
    note = StringField("In words", validators=[Length(max=300)], description="Needed for “Other”.")


class ReturnedForm(LineForm):
    payment = HiddenField()
    is_passed_on = BooleanField("The customer is to bear the fee")


class CancelForm(LineForm):
    other = HiddenField()


class TakeBackForm(LineForm):
    reason = StringField("Reason", validators=[Length(max=300)])
