"""The form of our own words in one language."""

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

    def said(self) -> TextsData:
        return TextsData(
            footer=self.footer.data or "",
            subject=self.subject.data or "",
            opening=self.opening.data or "",
            closing=self.closing.data or "",
        )
