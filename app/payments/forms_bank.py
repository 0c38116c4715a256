"""The forms of bank files and of our bank accounts."""

from __future__ import annotations

from flask_wtf.file import FileRequired, MultipleFileField
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import InputRequired, Length

from app.web.forms import BaseForm

NEEDED = "This is needed."
ALSO_AS = "Other ways your bank writes the number, with a space between two."


class BankFilesForm(BaseForm):
    files = MultipleFileField("Bank files", [FileRequired("Choose a file first.")])


class DismissForm(BaseForm):
    version = HiddenField()
    reason = StringField("Reason", [InputRequired("Say why the file is not needed."), Length(max=300)])


class NewAccountForm(BaseForm):
    number = StringField("IBAN or account number", [InputRequired(NEEDED), Length(max=60)])
    name = StringField("Name", [InputRequired(NEEDED), Length(max=100)], description="Such as Main account.")
    currency = StringField("Currency", [InputRequired(NEEDED), Length(max=3)])
    also_as = StringField("Also written as", [Length(max=200)], description=ALSO_AS)


class AccountForm(BaseForm):
    version = HiddenField()
    name = StringField("Name", [InputRequired(NEEDED), Length(max=100)])
    also_as = StringField("Also written as", [Length(max=200)], description=ALSO_AS)
    active = BooleanField("Take statements of this account")
