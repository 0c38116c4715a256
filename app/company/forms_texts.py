"""The form of our own words in one language."""

from dataclasses import fields

from wtforms import HiddenField, StringField, TextAreaField

from app.company.services_texts import CREDIT_FOOT, LABELS, TERMS, TextsData
from app.web.forms import BaseForm


class TextsForm(BaseForm):
    """Empty fields leave the words Tillpaid comes with."""

    version = HiddenField()
    footer = TextAreaField("Text at the foot of invoices")
    subject = StringField("Subject")
    opening = TextAreaField("Opening")
    closing = TextAreaField("Closing")
    terms = StringField(TERMS)
    credit_footer = TextAreaField(CREDIT_FOOT)
    credit_subject = StringField(LABELS["credit_subject"])
    credit_opening = TextAreaField(LABELS["credit_opening"])
    credit_closing = TextAreaField(LABELS["credit_closing"])

    def said(self) -> TextsData:
        return TextsData(**{each.name: self[each.name].data or "" for each in fields(TextsData)})
