"""The forms that name every line of an order: its dates, what was delivered, what is cancelled, what is amended."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from wtforms import BooleanField, FieldList, FormField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from app.company.queries_taxes import list_offered
from app.kernel.quantities import canonical
from app.kernel.taxes import LONGEST_REASON
from app.orders.models import Order, OrderLine
from app.orders.rules_amend import AmendmentWish, LineWish, reason_of
from app.web.forms import BaseForm, DateField, DecimalField, PartForm

WHY = [DataRequired("Say why, in a few words."), Length(max=1000)]

CODE = "code:"  # before a tax code, where a line's id would stand


class LinesForm(BaseForm):
    """`version` is that of the order the person looked at; `lines` has one entry for each of its lines."""

    version = HiddenField()
    lines: Any

    def by_line(self, order: Order) -> dict[int, Any]:
        """What was typed for each of the order's own lines."""
        own = {str(line.id): line.id for line in order.lines}
        return {
            own[entry.form.line_id.data]: entry.form for entry in self.lines.entries if entry.form.line_id.data in own
        }


class DatesOfLine(PartForm):
    line_id = HiddenField()
    requested_on = DateField("Requested")
    promised_on = DateField("Promised")


class QuantityOfLine(PartForm):
    line_id = HiddenField()
    quantity = DecimalField("Quantity")


class TermsOfLine(PartForm):
    line_id = HiddenField()
    quantity = DecimalField("Quantity", [InputRequired("Write a quantity.")])
    unit_price = DecimalField("Unit price", [InputRequired("Write a price.")])
    discount_percent = DecimalField("Discount %")
    requested_on = DateField("Requested")
    promised_on = DateField("Promised")
    cancels_rest = BooleanField("Cancel the rest")
    tax_reason = StringField("Reason for no tax", [Length(max=LONGEST_REASON)])


class DatesForm(LinesForm):
    lines = FieldList(FormField(DatesOfLine), "Lines")


class DeliverForm(LinesForm):
    on = DateField("Delivered on", [InputRequired("Choose the day.")])
    note = StringField("Note", [Length(max=500)], description="Such as the number of the delivery note.")
    lines = FieldList(FormField(QuantityOfLine), "Lines")


class CutForm(LinesForm):
    reason = TextAreaField("Why is it cancelled?", WHY, description="Stands in the order's versions and timeline.")
    lines = FieldList(FormField(QuantityOfLine), "Lines")


class AmendForm(LinesForm):
    """The new line is added when its item is named."""

    payment_terms = StringField("Payment terms", [DataRequired("Write the terms, such as 30 days."), Length(max=200)])
    po_number = StringField("Purchase order", [Length(max=200)])
    reason = TextAreaField("Why is it amended?", WHY, description="Whoever approves it reads this.")
    lines = FieldList(FormField(TermsOfLine), "Lines")
    new_item = StringField("Item", [Length(max=200)])
    new_quantity = DecimalField("Quantity")
    new_unit = StringField("Unit", [Length(max=20)])
    new_price = DecimalField("Unit price")
    tax_of = SelectField("Taxed like", choices=[])

    def offer_taxes(self, order: Order) -> None:
        lines = [SelectChoice(str(line.id), line.item) for line in order.lines]
        codes = [SelectChoice(f"{CODE}{code}", f"{code} {title}") for code, title in list_offered()]
        self.tax_of.choices = [*lines, *codes]

    def said(self, order: Order) -> AmendmentWish:
        """What was typed; lines that are not of this order are left out."""
        wishes = [_wish(line_id, entry) for line_id, entry in self.by_line(order).items()]
        return AmendmentWish(
            reason=self.reason.data or "",
            payment_terms=self.payment_terms.data or "",
            po_number=self.po_number.data or "",
            lines=(*wishes, *self._new_line()),
        )

    def _new_line(self) -> tuple[LineWish, ...]:
        if not self.new_item.data:
            return ()
        wish = LineWish(
            item=self.new_item.data,
            unit=self.new_unit.data or "",
            quantity=self.new_quantity.data or Decimal(0),
            unit_price=self.new_price.data or Decimal(0),
            **self._taxed(),
        )
        return (wish,)

    def _taxed(self) -> dict[str, Any]:
        chosen = self.tax_of.data
        return {"tax_code": chosen.removeprefix(CODE)} if chosen.startswith(CODE) else {"tax_of": int(chosen)}


class UndoForm(BaseForm):
    reason = TextAreaField("Why is it taken back?", WHY, description="Stays beside the delivery.")


class RefuseForm(BaseForm):
    reason = StringField("Why not?", WHY)


def _wish(line_id: int, entry: Any) -> LineWish:
    return LineWish(
        line_id=line_id,
        quantity=entry.quantity.data,
        unit_price=entry.unit_price.data,
        discount_percent=entry.discount_percent.data or Decimal(0),
        requested_on=entry.requested_on.data,
        promised_on=entry.promised_on.data,
        cancels_rest=entry.cancels_rest.data,
        tax_reason=entry.tax_reason.data,
    )


def dates_data(order: Order) -> dict[str, Any]:
    return _data(order, lambda line: {"requested_on": line.requested_on, "promised_on": line.promised_on})


def amend_data(order: Order) -> dict[str, Any]:
    names = ("quantity", "unit_price", "discount_percent", "requested_on", "promised_on")
    head = {"payment_terms": order.payment_terms, "po_number": order.po_number}
    return head | _data(
        order, lambda line: {"tax_reason": reason_of(line), **{name: getattr(line, name) for name in names}}
    )


def quantities_data(order: Order) -> dict[str, Any]:
    """Nothing yet; what is left stands beside each line."""
    return _data(order, lambda _line: {"quantity": None})


def left_data(order: Order) -> dict[str, Any]:
    """All that is left of each line."""
    return _data(order, lambda line: {"quantity": Decimal(canonical(line.left)) if line.left else None})


def _data(order: Order, part: Any) -> dict[str, Any]:
    def entry(line: OrderLine) -> dict[str, Any]:
        return {"line_id": str(line.id), **part(line)}

    return {"version": str(order.version), "lines": [entry(line) for line in order.lines]}
