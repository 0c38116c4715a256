"""Forms of the invoices' pages."""

from __future__ import annotations

from decimal import Decimal

from wtforms import FieldList, FormField, HiddenField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from app.company.forms import language_choices
from app.invoices.forms_letters import Drawable
from app.invoices.models import Invoice
from app.invoices.rules_issue import LONGEST_DESCRIPTION, LONGEST_TITLE
from app.invoices.services import DraftData, DraftLine
from app.web.fields import AtMost
from app.web.forms import BaseForm, DateField, DecimalField, PartForm


class IssueForm(BaseForm):
    """When an invoice is dated."""

    issued_on = DateField("Invoice date", validators=[InputRequired()])
    seen = HiddenField()


class LineForm(PartForm):
    """One line of a draft; quantity 0 leaves it out."""

    line_id = HiddenField()
    description = StringField("Description", validators=[DataRequired(), AtMost(LONGEST_DESCRIPTION), Drawable()])
    quantity = DecimalField("Quantity", places=6, smallest=Decimal(0), validators=[InputRequired()])


class DraftForm(BaseForm):
    """What may be changed before an invoice is issued."""

    version = HiddenField()
    payment_terms = StringField("Payment terms", validators=[DataRequired(), Length(max=200)])
    po_number = StringField("Customer's order number", validators=[Length(max=200), Drawable()])
    buyer_reference = StringField("Customer's reference", validators=[Length(max=200), Drawable()])
    language = SelectField("Language", choices=language_choices)
    delivered_on = DateField("Delivered on")
    title = StringField("Name of the milestone", validators=[Length(max=LONGEST_TITLE), Drawable()])
    lines = FieldList(FormField(LineForm))

    def said(self, invoice: Invoice) -> DraftData:
        """What was typed; lines that are not of this draft are left out."""
        own = {line.id for line in invoice.lines}
        typed = [entry.form for entry in self.lines.entries]
        return DraftData(
            payment_terms=self.payment_terms.data or "",
            po_number=self.po_number.data or "",
            buyer_reference=self.buyer_reference.data or "",
            language=self.language.data,
            delivered_on=self.delivered_on.data,
            title=self.title.data if self.title.raw_data else None,
            lines=tuple(
                DraftLine(
                    line_id=int(line.line_id.data),
                    description=line.description.data or "",
                    quantity=line.quantity.data,
                )
                for line in typed
                if (line.line_id.data or "").isdecimal() and int(line.line_id.data) in own
            ),
        )


def draft_form_data(invoice: Invoice) -> dict[str, object]:
    """The draft as the form shows it."""
    names = ("version", "payment_terms", "po_number", "buyer_reference", "language", "delivered_on", "title")
    lines = [
        {"line_id": str(line.id), "description": line.description, "quantity": line.quantity}
        for line in invoice.lines
        if line.order_line_id is not None
    ]
    return {name: getattr(invoice, name) for name in names} | {"lines": lines}


class SendForm(BaseForm):
    """To whom a document is mailed; empty is the customer's billing address."""

    to = SelectField("To", choices=[])

    def offer(self, addresses: list[str]) -> SendForm:
        self.to.choices = addresses
        return self
