"""The form of our own words in one language."""

from dataclasses import fields

from wtforms import HiddenField, StringField, TextAreaField

from app.company.services_texts import TextsData
from app.web.forms import BaseForm


class TextsForm(BaseForm):
    """Empty fields leave the words Tillpaid comes with."""

    version = HiddenField()
    footer = TextAreaField("Text at the foot of invoices")
    subject = StringField("Subject")
    opening = TextAreaField("Opening")
    closing = TextAreaField("Closing")
    credit_subject = StringField("Subject")
    credit_opening = TextAreaField("Opening")
    credit_closing = TextAreaField("Closing")

    def said(self) -> TextsData:
        return TextsData(**{each.name: self[each.name].data or "" for each in fields(TextsData)})
