"""Forms that choose a part: of an order to invoice, of an invoice to credit."""

from __future__ import annotations

from decimal import Decimal

from wtforms import BooleanField, FieldList, FormField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from app.invoices.forms_letters import Drawable
from app.invoices.forms_ways import require_own_fields
from app.invoices.models import Invoice, InvoiceLine, Scope
from app.invoices.queries_parts import Creditable
from app.invoices.rules_issue import LONGEST_REASON, LONGEST_TITLE
from app.invoices.rules_reasons import REASONS, CreditReason
from app.invoices.services import CorrectedLine, CreditData, list_correctable
from app.kernel.errors import BadInput
from app.kernel.quantities import canonical
from app.orders.models import Order
from app.web.forms import BaseForm, DateField, DecimalField, MoneyField, PartForm

WAYS = [
    SelectChoice("percent", "A percentage or milestone"),
    SelectChoice("rest", "The rest"),
    SelectChoice("quantities", "Quantities"),
    SelectChoice("deposit_percent", "A deposit, as a percentage"),
    SelectChoice("deposit_amount", "A deposit, as an amount"),
]
CORRECTED = ("quantity", "unit_price", "discount_percent")
CREDIT_WAYS = [SelectChoice("lines", "Quantities"), SelectChoice("amount", "An amount")]
REASON_CHOICES = [
    SelectChoice("", "Choose a reason"),
    *(SelectChoice(code.value, words or "Other, in words") for code, words in REASONS["en"].items()),
]


class NotReplaced(BadInput):
    """Lines of a new invoice are changed below. Choose to draft one, or leave the lines as they were."""


class QuantityForm(PartForm):
    """How much of one line; empty or 0 leaves it out."""

    line_id = HiddenField()
    quantity = DecimalField("Quantity", places=6, smallest=Decimal(0))


class AmountForm(PartForm):
    """How much of one set of taxes, without tax."""

    group = HiddenField()
    amount = MoneyField("Amount without tax", smallest=Decimal(0))


class BillForm(BaseForm):
    """Which part of an order is invoiced."""

    way = RadioField("What to invoice", choices=WAYS, default="percent")
    percent = DecimalField("Percent of the order", places=4, smallest=Decimal(0))
    amount = MoneyField("Amount without tax", smallest=Decimal(0))
    title = StringField("Name of the milestone", validators=[Length(max=LONGEST_TITLE), Drawable()])
    lines = FieldList(FormField(QuantityForm))

    def require_own_fields(self) -> None:
        require_own_fields(
            self.way,
            {
                self.percent: ("percent", "deposit_percent"),
                self.amount: ("deposit_amount",),
                self.title: ("percent", "rest", "quantities"),
                self.lines: ("quantities",),
            },
        )

    def quantities(self, order: Order) -> dict[int, Decimal]:
        return _quantities(self.lines, {line.id for line in order.lines})


class CorrectedLineForm(PartForm):
    """What a line is to say on the new invoice; empty leaves it as it was."""

    line_id = HiddenField()
    quantity = DecimalField("Quantity", places=6, smallest=Decimal(0))
    unit_price = DecimalField("Unit price")
    discount_percent = DecimalField("Discount %")


class CreditForm(BaseForm):
    """Why an invoice is credited, when, and whether another one follows, with what in its lines."""

    reason_code = SelectField("Reason", choices=REASON_CHOICES, validators=[DataRequired("Choose why it is credited.")])
    reason = TextAreaField("In words", validators=[Length(max=LONGEST_REASON)])
    issued_on = DateField("Date of the credit note", validators=[InputRequired()])
    is_replaced = BooleanField("Draft a new invoice in its place")
    lines = FieldList(FormField(CorrectedLineForm), "Lines")

    @property
    def code(self) -> CreditReason:
        return CreditReason(self.reason_code.data)

    def fill_in(self, invoice: Invoice) -> None:
        """Shows what is on the invoice where fields that were put away sent nothing."""
        lines = {str(line.id): line for line in list_correctable(invoice)}
        for entry in self.lines.entries:
            line = lines.get(entry.form.line_id.data or "")
            for name in CORRECTED if line is not None else ():
                if entry.form[name].data is None and not entry.form[name].raw:
                    entry.form[name].data = Decimal(canonical(getattr(line, name)))

    def corrected(self, invoice: Invoice) -> tuple[CorrectedLine, ...]:
        """What was typed for the invoice's lines. Raises NotReplaced where that differs and no invoice is to follow."""
        typed = {entry.form.line_id.data: entry.form for entry in self.lines.entries}
        own = [(line, typed[str(line.id)]) for line in list_correctable(invoice) if str(line.id) in typed]
        said = tuple(CorrectedLine(line_id=line.id, **_filled_in(line, entry)) for line, entry in own)
        if not self.is_replaced.data and any(_differs(line, one) for (line, _), one in zip(own, said, strict=True)):
            raise NotReplaced(field="is_replaced")
        return said


class CreditPartForm(BaseForm):
    """Which part of an invoice is credited, and why."""

    reason_code = SelectField("Reason", choices=REASON_CHOICES, validators=[DataRequired("Choose why it is credited.")])
    reason = TextAreaField("In words", validators=[Length(max=LONGEST_REASON)])
    way = RadioField("What to credit", choices=CREDIT_WAYS, default="lines")
    lines = FieldList(FormField(QuantityForm))
    amounts = FieldList(FormField(AmountForm))

    def take_currency(self, currency: str) -> None:
        for entry in self.amounts.entries:
            entry.form.amount.currency = currency

    def require_own_fields(self) -> None:
        require_own_fields(self.way, {self.lines: ("lines",), self.amounts: ("amount",)})

    def said(self, invoice: Invoice) -> CreditData:
        typed = {entry.form.group.data: entry.form.amount.data for entry in self.amounts.entries}
        amounts = {group: amount for group, amount in typed.items() if amount}
        return CreditData(
            scope=Scope(self.way.data),
            reason_code=CreditReason(self.reason_code.data),
            reason=self.reason.data or "",
            quantities=_quantities(self.lines, {line.id for line in invoice.lines}),
            amounts=amounts,
        )


def bill_form_data(order: Order) -> dict[str, object]:
    return {"lines": [{"line_id": str(line.id)} for line in order.lines]}


def correction_form_data(invoice: Invoice) -> list[dict[str, object]]:
    """The lines as they are."""
    return [{"line_id": str(line.id), **_values_of(line)} for line in list_correctable(invoice)]


def _values_of(line: InvoiceLine) -> dict[str, Decimal]:
    return {name: Decimal(canonical(getattr(line, name))) for name in CORRECTED}


def _filled_in(line: InvoiceLine, entry: CorrectedLineForm) -> dict[str, Decimal]:
    """What was typed, and what is on the invoice where nothing was."""
    typed = {name: entry[name].data for name in CORRECTED if entry[name].data is not None}
    return _values_of(line) | typed


def _differs(line: InvoiceLine, said: CorrectedLine) -> bool:
    return any(getattr(line, name) != getattr(said, name) for name in CORRECTED)


def credit_form_data(invoice: Invoice, left: Creditable) -> dict[str, object]:
    """A place for each line and each set of taxes."""
    lines = [{"line_id": str(line.id)} for line in invoice.lines]
    return {"lines": lines, "amounts": [{"group": group} for group in left.groups]}


def _quantities(lines: FieldList, own: set[int]) -> dict[int, Decimal]:
    typed = {entry.form.line_id.data or "": entry.form.quantity.data for entry in lines.entries}
    return {int(key): value for key, value in typed.items() if value and key.isdecimal() and int(key) in own}
