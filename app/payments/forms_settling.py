"""What a person fills in to send money back, to move it, and to let the rest of an instalment go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from app.company.identifiers import check_iban
from app.kernel.errors import BadInput
from app.kernel.money import Money
from app.payments.forms import ReasonForm
from app.payments.models import Payment
from app.payments.rules_settling import CODE_LABELS
from app.payments.services_charges import Charge
from app.payments.services_placing import MoreThanLeft
from app.payments.services_transfers import TakesWaiting
from app.web.fields import DateField, MoneyField
from app.web.forms import BaseForm

CODES = [SelectChoice(code.value, label) for code, label in CODE_LABELS.items()]


class RefundForm(BaseForm):
    """Where money goes back to; `most` is what the payment has left, and the refusal of more."""

    most: tuple[MoreThanLeft, int]

    amount = MoneyField("Amount", validators=[InputRequired("Write how much goes back.")])
    beneficiary = StringField("Beneficiary", validators=[DataRequired("Write who gets it."), Length(max=70)])
    iban = StringField("IBAN", validators=[DataRequired("Write the IBAN the money goes to."), Length(max=50)])
    bic = StringField("BIC", validators=[Length(max=20)], description="Only for banks outside the SEPA area.")
    reason = StringField(
        "Reason", validators=[DataRequired("Say why."), Length(max=140)], description="The beneficiary reads it."
    )

    @classmethod
    def of(cls, payment: Payment, left: int) -> RefundForm:
        form = cls()
        form.amount.currency = payment.currency
        form.most = MoreThanLeft(number=payment.number, left=Money(left, payment.currency)), left
        return form

    def validate(self, extra_validators: Any = None) -> bool:
        """Everything that is wrong at once: the service names one thing after the other."""
        fine, (too_much, left) = super().validate(extra_validators), self.most
        if isinstance(self.amount.data, int) and not self.amount.errors and self.amount.data > left:
            self.amount.errors = [*self.amount.errors, str(too_much)]
            return False
        return fine

    def validate_iban(self, field: StringField) -> None:
        try:
            check_iban(field.data or "")
        except BadInput as refusal:
            raise ValidationError(str(refusal)) from None


class TransferForm(BaseForm):
    """Which customer the money belongs to; `confirm` is there while a refund waits for some of it."""

    most: tuple[MoreThanLeft, int]
    waits: tuple[TakesWaiting, int]
    find: Callable[[str], object]

    customer = StringField(
        "To customer", validators=[DataRequired("Write the customer's number or name."), Length(max=200)],
        description="Number or name, such as C-00012",
    )  # fmt: skip
    amount = MoneyField("Amount", validators=[InputRequired("Write how much moves.")])
    reason = StringField("Reason", validators=[DataRequired("Say why."), Length(max=300)])
    confirm = BooleanField("Move it although a refund waits for it")

    @classmethod
    def of(cls, payment: Payment, left: int, waiting: int, *, find: Callable[[str], object]) -> TransferForm:
        """`find` names the customer or refuses."""
        form = cls()
        form.amount.currency, form.find = payment.currency, find
        form.most = MoreThanLeft(number=payment.number, left=Money(left, payment.currency)), left
        form.waits = TakesWaiting(waiting=Money(waiting, payment.currency)), left - waiting
        if not waiting:
            del form.confirm
        return form

    @property
    def confirms(self) -> bool:
        return self.confirm is not None and bool(self.confirm.data)

    def validate(self, extra_validators: Any = None) -> bool:
        """Everything that is wrong at once: the service names one thing after the other."""
        fine = super().validate(extra_validators)
        if not isinstance(amount := self.amount.data, int) or self.amount.errors:
            return False
        (too_much, left), (takes_waiting, free) = self.most, self.waits
        if amount > left:
            self.amount.errors = [*self.amount.errors, str(too_much)]
        elif amount > free and not self.confirms:
            self.confirm.errors = [*self.confirm.errors, str(takes_waiting)]
        else:
            return fine
        return False

    def validate_customer(self, field: StringField) -> None:
        try:
            self.find(field.data or "")
        except BadInput as refusal:
            raise ValidationError(str(refusal)) from None


class DeductionForm(BaseForm):
    """What a customer kept, and why."""

    instalment = SelectField("Instalment")
    amount = MoneyField("Amount", validators=[InputRequired("Write how much is let go.")])
    code = SelectField("Why", choices=CODES)
    reason = StringField("In words", validators=[Length(max=300)], description="Needed for a dispute and for “Other”.")


class ReverseForm(ReasonForm):
    """A payment that came back, and what the bank took for it."""

    charge = MoneyField("The bank's fee", validators=[Optional()])
    is_passed_on = BooleanField("The customer is to bear the fee")

    @classmethod
    def of(cls, payment: Payment) -> ReverseForm:
        form = cls()
        form.charge.currency = payment.currency
        return form

    def read_charge(self) -> Charge | None:
        """None without a fee."""
        return Charge(int(self.charge.data), self.is_passed_on.data) if self.charge.data is not None else None


class PaidForm(BaseForm):
    paid_on = DateField("Paid on", validators=[InputRequired("Write the day the bank booked it.")])
