"""Forms that choose a part: of an order to invoice, of an invoice to credit."""

from __future__ import annotations

from decimal import Decimal

from wtforms import BooleanField, FieldList, FormField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from app.invoices.models import Invoice, Scope
from app.invoices.queries_parts import Creditable
from app.invoices.rules_issue import LONGEST_REASON, LONGEST_TEXT
from app.invoices.rules_reasons import REASONS, CreditReason
from app.invoices.services import CreditData
from app.kernel.money import to_minor
from app.orders.models import Order
from app.web.forms import BaseForm, DateField, DecimalField, PartForm

WAYS = [
    SelectChoice("percent", "A percentage or milestone"),
    SelectChoice("quantities", "Quantities"),
    SelectChoice("deposit_percent", "A deposit, as a percentage"),
    SelectChoice("deposit_amount", "A deposit, as an amount"),
]
CREDIT_WAYS = [SelectChoice("lines", "Quantities"), SelectChoice("amount", "An amount")]
REASON_CHOICES = [SelectChoice(code.value, words or "Other, in words") for code, words in REASONS["en"].items()]


class QuantityForm(PartForm):
    """How much of one line; empty or 0 leaves it out."""

    line_id = HiddenField()
    quantity = DecimalField("Quantity", places=6, smallest=Decimal(0))


class AmountForm(PartForm):
    """How much of one set of taxes, without tax."""

    group = HiddenField()
    amount = DecimalField("Amount without tax", places=4, smallest=Decimal(0))


class BillForm(BaseForm):
    """Which part of an order is invoiced."""

    way = RadioField("What to invoice", choices=WAYS, default="percent")
    percent = DecimalField("Percent of the order", places=4, smallest=Decimal(0))
    amount = DecimalField("Amount without tax", places=4, smallest=Decimal(0))
    title = StringField("Name of the milestone", validators=[Length(max=LONGEST_TEXT)])
    lines = FieldList(FormField(QuantityForm))

    def quantities(self, order: Order) -> dict[int, Decimal]:
        return _quantities(self.lines, {line.id for line in order.lines})

    def minor(self, currency: str) -> int:
        return to_minor(self.amount.data or Decimal(0), currency)


class CreditForm(BaseForm):
    """Why an invoice is credited, when, and whether another one follows."""

    reason_code = SelectField("Reason", choices=REASON_CHOICES, default=CreditReason.OTHER.value)
    reason = TextAreaField("In words", validators=[Length(max=LONGEST_REASON)])
    issued_on = DateField("Date of the credit note", validators=[InputRequired()])
    is_replaced = BooleanField("Draft a new invoice with the same lines")

    @property
    def code(self) -> CreditReason:
        return CreditReason(self.reason_code.data)


class CreditPartForm(BaseForm):
    """Which part of an invoice is credited, and why."""

    reason_code = SelectField("Reason", choices=REASON_CHOICES, default=CreditReason.RETURNED.value)
    reason = TextAreaField("In words", validators=[Length(max=LONGEST_REASON)])
    way = RadioField("What to credit", choices=CREDIT_WAYS, default="lines")
    lines = FieldList(FormField(QuantityForm))
    amounts = FieldList(FormField(AmountForm))

    def said(self, invoice: Invoice) -> CreditData:
        typed = {entry.form.group.data: entry.form.amount.data for entry in self.amounts.entries}
        amounts = {group: to_minor(amount, invoice.currency) for group, amount in typed.items() if amount}
        return CreditData(
            scope=Scope(self.way.data),
            reason_code=CreditReason(self.reason_code.data),
            reason=self.reason.data or "",
            quantities=_quantities(self.lines, {line.id for line in invoice.lines}),
            amounts=amounts,
        )


def bill_form_data(order: Order) -> dict[str, object]:
    return {"lines": [{"line_id": str(line.id)} for line in order.lines]}


def credit_form_data(invoice: Invoice, left: Creditable) -> dict[str, object]:
    """A place for each line and each set of taxes."""
    lines = [{"line_id": str(line.id)} for line in invoice.lines]
    return {"lines": lines, "amounts": [{"group": group} for group in left.groups]}


def _quantities(lines: FieldList, own: set[int]) -> dict[int, Decimal]:
    typed = {entry.form.line_id.data or "": entry.form.quantity.data for entry in lines.entries}
    return {int(key): value for key, value in typed.items() if value and key.isdecimal() and int(key) in own}
