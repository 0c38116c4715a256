"""The form of a CSV profile: what each column means, with the sample it is tried on travelling along."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from flask_wtf.file import FileField
from wtforms import HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.payments.statements.csv_profile import DATE_FORMATS, CsvProfile
from app.payments.statements.reading import MOST_SAMPLED, cut_lines
from app.web.forms import BaseForm, choices_of

CHOOSE = ("", "Choose…")
NONE = ("", "–")
FORMATS = choices_of([CHOOSE, *((name, name) for name in DATE_FORMATS)])
MARKS = choices_of([CHOOSE, (",", "Comma: 1.234,56"), (".", "Point: 1,234.56")])
SEPARATORS = choices_of([(";", "Semicolon ;"), (",", "Comma ,"), ("tab", "Tab"), ("|", "Bar |")])
ENCODINGS = choices_of(
    [
        ("", "As the file shows: UTF-8, else Western European"),
        ("utf-8", "UTF-8"),
        ("cp1252", "Western European (Windows-1252)"),
        ("cp1250", "Central European (Windows-1250)"),
        ("iso-8859-2", "Central European (ISO 8859-2)"),
        ("iso-8859-15", "Western European (ISO 8859-15)"),
    ]
)
NAMED = "Name this profile, such as the bank."
CHOSEN = "Choose one."
COLUMNS = (
    "booked_on", "value_on", "amount", "debit", "credit", "currency", "account", "party_name", "party_account",
    "remittance", "reference", "balance",
)  # fmt: skip
_FIELDS = frozenset(one.name for one in fields(CsvProfile)) - {"header"}


class CsvProfileForm(BaseForm):
    """Columns are chosen from the titles of the sample."""

    version = HiddenField()
    held = HiddenField()  # the bank file that waits for this profile
    sample = HiddenField()
    file = FileField("Sample file")
    name = StringField("Name", [InputRequired(NAMED), Length(max=100)], description="Such as the name of the bank.")
    date_format = SelectField("Dates are written", [InputRequired(CHOSEN)], choices=FORMATS, default="")
    decimal_mark = SelectField("Decimals are written with a", [InputRequired(CHOSEN)], choices=MARKS, default="")
    delimiter = SelectField("Between two columns stands", choices=SEPARATORS, default=";")
    encoding = SelectField("Letters are written in", choices=ENCODINGS, default="")
    skip_rows = IntegerField(
        "Rows above the header", [Optional(), NumberRange(0, 100, "Write a number from 0 to 100.")], default=0
    )
    booked_on = SelectField("Booked on", [InputRequired(CHOSEN)], default="")
    value_on = SelectField("Value date", default="")
    amount = SelectField("Amount", description="With its sign; or choose money out and money in.", default="")
    debit = SelectField("Money out", default="")
    credit = SelectField("Money in", default="")
    currency = SelectField("Currency", default="")
    account = SelectField("Our account", default="")
    party_name = SelectField("Who paid or was paid", default="")
    party_account = SelectField("Their account", default="")
    remittance = SelectField("Remittance information", default="")
    reference = SelectField("Bank's reference", default="")
    balance = SelectField("Balance after it", default="")
    own_account = SelectField("All rows are of", description="Where no column names our account.", default="")
    own_currency = StringField(
        "All amounts are in", [Length(max=3)], description="Where no column names the currency, such as EUR."
    )

    def offer(self, titles: Iterable[str], accounts: Iterable[tuple[str, str]]) -> None:
        """What can be chosen; a title chosen before stays until another is chosen."""
        choices = [(title, title) for title in titles]
        for name in COLUMNS:
            kept = [(self[name].data, self[name].data)] if self[name].data else []
            first = CHOOSE if name == "booked_on" else NONE
            self[name].choices = choices_of(dict.fromkeys([first, *choices, *kept]))
        none = ("", "A column says it") if self.account.data else CHOOSE
        self.own_account.choices = choices_of([none, *accounts])

    def read_sample(self) -> bytes:
        """The uploaded file, whole, or the sample that travels along; empty without either."""
        if self.file.data:
            return bytes(self.file.data.read())
        try:
            return base64.b64decode(self.sample.data or "", validate=True)[: 2 * MOST_SAMPLED]
        except (binascii.Error, ValueError):
            return b""

    def keep_sample(self, content: bytes) -> None:
        self.sample.data = base64.b64encode(cut_lines(content)).decode()

    def profile(self) -> CsvProfile:
        """As chosen so far."""
        said: dict[str, Any] = {name: self[name].data or "" for name in _FIELDS}
        said["own_currency"] = said["own_currency"].upper()
        said["delimiter"] = "\t" if said["delimiter"] == "tab" else said["delimiter"]
        said["skip_rows"] = min(max(self.skip_rows.data or 0, 0), 100)
        return CsvProfile(**said)


def as_data(profile: CsvProfile) -> dict[str, Any]:
    """A profile as the form shows it."""
    data = {name: getattr(profile, name) for name in _FIELDS}
    return data | {"delimiter": "tab" if profile.delimiter == "\t" else profile.delimiter}
