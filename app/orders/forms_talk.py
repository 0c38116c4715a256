"""The forms with which people say something about an order, and put files on it."""

from __future__ import annotations

from flask_wtf.file import FileField, FileRequired
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from app.orders.rules_files import ACCEPTED
from app.orders.services_talk import LONGEST_COMMENT
from app.web.forms import BaseForm


class CommentForm(BaseForm):
    text = TextAreaField(
        "Write a comment",
        [DataRequired("Write something first."), Length(max=LONGEST_COMMENT)],
        description="Mention people with @ and they get a mail, such as @anna.weber.",
    )


class FileForm(BaseForm):
    file = FileField("File", [FileRequired("Choose a file first.")], description=f"{ACCEPTED}, up to 20 MB.")
