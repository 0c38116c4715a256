"""The forms of tax codes: a new one with its taxes, its names, and its rates from a day on."""

from __future__ import annotations

from decimal import Decimal

from wtforms import BooleanField, FieldList, FormField, HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from app.company.forms import NEEDED
from app.company.models_taxes import TaxCode
from app.company.rules_taxes import MOST_PARTS
from app.company.services_taxes import PartData
from app.web.forms import BaseForm, DateField, DecimalField, PartForm

CATEGORIES = {
    "S": "S standard, any rate above 0",
    "Z": "Z zero rated",
    "E": "E exempt",
    "AE": "AE reverse charge",
    "K": "K intra-EU supply",
    "G": "G export",
    "O": "O not taxable",
}


class PartOfCodeForm(PartForm):
    name = StringField("Name", [Length(max=60)])
    category = SelectField("Category", choices=[SelectChoice(code, name) for code, name in CATEGORIES.items()])
    rate = DecimalField("Rate %")
    reason = StringField("Reason for no tax", [Length(max=300)])


class NewTaxCodeForm(BaseForm):
    code = StringField(
        "Code", [InputRequired(NEEDED), Length(max=20)], description="Such as DE19. It is never renamed."
    )
    title = StringField("Title", [InputRequired(NEEDED), Length(max=200)])
    region = StringField("Country or region", [Length(max=200)])
    valid_from = DateField("From", [InputRequired(NEEDED)])
    parts = FieldList(FormField(PartOfCodeForm), "Taxes", min_entries=1, max_entries=MOST_PARTS)

    def read_parts(self) -> tuple[PartData, ...]:
        """The taxes that were named."""
        typed = [entry.form for entry in self.parts if entry.form.name.data or len(self.parts) == 1]
        return tuple(
            PartData(one.name.data or "", one.category.data, one.rate.data or Decimal(0), one.reason.data or "")
            for one in typed
        )


class TaxCodeForm(BaseForm):
    version = HiddenField()
    title = StringField("Title", [InputRequired(NEEDED), Length(max=200)])
    region = StringField("Country or region", [Length(max=200)])
    is_active = BooleanField("Offer it for new lines")


class RateOfPartForm(PartForm):
    part_id = HiddenField()
    rate = DecimalField("Rate %", [InputRequired(NEEDED)])


class TaxRatesForm(BaseForm):
    version = HiddenField()
    valid_from = DateField("From", [InputRequired(NEEDED)])
    rates = FieldList(FormField(RateOfPartForm), "Rates")

    def read_rates(self, code: TaxCode) -> dict[int, Decimal]:
        """What was typed for each tax of the code."""
        own = {str(part.id): part.id for part in code.parts}
        typed = [entry.form for entry in self.rates]
        return {own[one.part_id.data]: one.rate.data for one in typed if one.part_id.data in own}
