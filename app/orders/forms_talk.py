"""The form with which people say something about an order."""

from __future__ import annotations

from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from app.orders.services_talk import LONGEST_COMMENT
from app.web.forms import BaseForm


class CommentForm(BaseForm):
    text = TextAreaField(
        "Write a comment",
        [DataRequired("Write something first."), Length(max=LONGEST_COMMENT)],
        description="Mention people with @ and they get a mail, such as @anna.weber.",
    )
