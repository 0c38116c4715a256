"""The form of a check of a VAT id."""

from __future__ import annotations

from wtforms import HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from app.company.forms import NEEDED
from app.customers.services_vat import VatCheckData
from app.web.forms import BaseForm, DateField


class VatCheckForm(BaseForm):
    vat_id = HiddenField()
    result = RadioField(
        "Answer",
        [InputRequired(NEEDED)],
        choices=[SelectChoice("valid", "Valid"), SelectChoice("invalid", "Not valid")],
    )
    checked_on = DateField("Checked on", [InputRequired(NEEDED)])
    authority = StringField("Asked", [InputRequired(NEEDED)], description="VIES, or your tax office.")
    name_given = StringField("Name it gave")
    consultation = StringField("Consultation number", description="Proves that you asked.")

    def said(self) -> VatCheckData:
        assert self.checked_on.data is not None  # noqa: S101 - the form needs it
        return VatCheckData(
            vat_id=self.vat_id.data or "", is_valid=self.result.data == "valid", checked_on=self.checked_on.data,
            authority=self.authority.data or "", name_given=self.name_given.data or "",
            consultation=self.consultation.data or "",
        )  # fmt: skip
