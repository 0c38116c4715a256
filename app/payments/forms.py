"""What a person fills in to record money, to place it, and to take either back."""

from __future__ import annotations

from wtforms import BooleanField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from app.web.fields import DateField, MoneyField
from app.web.forms import BaseForm

PLACING = [
    SelectChoice("oldest", "On the oldest due instalments first"),
    SelectChoice("choose", "Record it, then choose the instalments"),
    SelectChoice("none", "Leave it on account for now"),
]


class PaymentForm(BaseForm):
    """A payment as the bank told it. The customer is found by number or name."""

    customer = StringField(
        "Customer", validators=[DataRequired("Write the customer's number or name."), Length(max=200)]
    )
    currency = StringField("Currency", validators=[DataRequired("Write the currency, like EUR."), Length(min=3, max=3)])
    amount = MoneyField("Amount", validators=[InputRequired("Write how much came in.")])
    received_on = DateField("Received on", validators=[InputRequired("Write the day the money came in.")])
    remittance = StringField("Remittance information", validators=[Length(max=1000)])
    placing = RadioField("Where it goes", choices=PLACING, default="oldest")


class ReasonForm(BaseForm):
    """Why something is taken back; it stands on the timeline for good."""

    reason = StringField("Reason", validators=[DataRequired("Say why."), Length(max=300)])


class UndoForm(ReasonForm):
    """Taking a share back; the days before keep it unless it was a mistake from the start."""

    from_the_start = BooleanField("It was a mistake from the start: correct the days before as well")
