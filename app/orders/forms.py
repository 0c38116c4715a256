"""The forms with which an order is cancelled, put on hold and let go again."""

from __future__ import annotations

from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from app.orders.models_holds import HoldKind
from app.web.forms import BaseForm, DateField

HOLD_KINDS = {HoldKind.CUSTOMER: "Customer", HoldKind.INTERNAL: "Internal", HoldKind.CREDIT: "Credit"}


class CancelForm(BaseForm):
    """Why an order is cancelled. `version` is that of the order the person looked at."""

    version = HiddenField()
    reason = TextAreaField(
        "Why is it cancelled?",
        [DataRequired("Say why, in a few words."), Length(max=1000)],
        description="Stands on the order for everybody, and in its timeline.",
    )


class HoldForm(BaseForm):
    """Why an order stands still, who looks after it, and when it is looked at again."""

    kind = SelectField("What holds it", choices=[SelectChoice(kind.value, label) for kind, label in HOLD_KINDS.items()])
    reason = TextAreaField(
        "Why",
        [DataRequired("Say why, in a few words."), Length(max=1000)],
        description="Everybody who is refused reads it.",
    )
    owner_id = SelectField("Who looks after it", choices=[])
    review_on = DateField("Look at it again on", [InputRequired("Choose a day.")])


class ReleaseForm(BaseForm):
    reason = TextAreaField(
        "Why may it go on?",
        [DataRequired("Say why, in a few words."), Length(max=1000)],
        description="Kept in the timeline.",
    )


class ReviewForm(BaseForm):
    review_on = DateField("Look at it again on", [InputRequired("Choose a day.")])
