"""The form of quick entry: a grid, a box for pasted rows, and what holds for all of them."""

from typing import Any

from wtforms import FieldList, FormField, HiddenField, SelectField, StringField
from wtforms.fields.core import Field
from wtforms.validators import ValidationError
from wtforms.widgets import TextArea

from app.company.forms import currency_choices
from app.deals.rules_quick import MOST_IN_GRID
from app.web.forms import LINE_BREAKS, UNPRINTABLE, BaseForm, PartForm, has_control_characters

ROWS_AT_FIRST = 5
MOST_TYPED = MOST_IN_GRID


class QuickRowForm(PartForm):
    customer = StringField("Customer")
    item = StringField("Item")
    quantity = StringField("Quantity")
    unit_price = StringField("Unit price")
    tax_rate = StringField("Tax %")
    tax_code = StringField("Tax code", render_kw={"list": "tax-codes"})
    po_number = StringField("Purchase order")
    country = StringField("Country")
    requested_on = StringField("Requested on")


class PastedField(Field):  # type: ignore[misc]  # the library does not say its type here
    """Text as it was pasted: a tab in front is an empty first cell, so nothing is stripped."""

    widget = TextArea()

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = str(valuelist[0]) if valuelist else ""

    def pre_validate(self, form: Any) -> None:
        if has_control_characters(self.data, LINE_BREAKS):
            raise ValidationError(UNPRINTABLE)

    def _value(self) -> str:
        return self.data or ""


class QuickForm(BaseForm):
    """`entry` is the id that the check gave, so that saving twice saves once."""

    entry = HiddenField()
    closed_on = StringField("Closed on", description="Of rows that do not say it.")
    currency = SelectField(
        "Currency", choices=lambda: currency_choices(empty="The customer’s, else ours"), validate_choice=False
    )
    owner = StringField("Seller")
    rows = FieldList(FormField(QuickRowForm), "Rows", min_entries=ROWS_AT_FIRST, max_entries=MOST_TYPED)
    pasted = PastedField(
        "Paste rows from a spreadsheet",
        description="With a heading row, or without one in the order: customer, item, quantity, unit price, tax %, "
        "purchase order. At most 500 rows.",
    )

    def list_typed(self) -> list[dict[str, str]]:
        """The cells of each row of the grid, also of empty ones, so that each row keeps its number."""
        return [{name: value or "" for name, value in entry.data.items()} for entry in self.rows]

    def show(self, typed: Any, text: str, entry: str) -> None:
        """Leaves only these in the grid and the box."""
        self.entry.data, self.pasted.data = entry, text
        while self.rows.entries:
            self.rows.pop_entry()
        for cells in typed:
            self.rows.append_entry(dict(cells))
        grow(self, ROWS_AT_FIRST - len(self.rows.entries))


def grow(form: QuickForm, count: int) -> None:
    """That many more rows, as far as the grid may grow."""
    for _ in range(min(count, MOST_TYPED - len(form.rows.entries))):
        form.rows.append_entry()
