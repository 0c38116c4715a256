"""The form with which people put a file on a deal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from app.web.files import FileForm


class DealFileForm(FileForm):
    """`asked` are the items of the checklist that ask for a file: label by code."""

    for_code = SelectField("For", default="")

    def __init__(self, *args: Any, asked: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        none = SelectChoice("", "no item of the checklist")
        self.for_code.choices = [none, *(SelectChoice(code, label) for code, label in asked.items())]
