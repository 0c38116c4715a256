"""The forms of exchange rates: one by hand, and a file."""

from __future__ import annotations

from flask_wtf.file import FileField
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired

from app.company.forms import NEEDED, currency_choices
from app.web.forms import BaseForm, DateField
from app.web.typed_numbers import plain_number


class RateForm(BaseForm):
    currency = SelectField("Currency", [InputRequired(NEEDED)], choices=lambda: currency_choices(empty="Choose…"))
    rated_on = DateField("Day", [InputRequired(NEEDED)])
    rate = StringField("Rate", [InputRequired(NEEDED)], filters=[plain_number])


class RatesFileForm(BaseForm):
    file = FileField("File of the ECB", description="eurofxref-daily.xml, eurofxref.csv, eurofxref-hist.csv or a ZIP.")
    since = DateField("From", description="Older rates of the file are left out.")
