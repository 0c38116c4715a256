"""Refuses what the fonts of our PDFs cannot draw at the field it is typed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wtforms.validators import ValidationError

from app.documents.letters import name_undrawable

if TYPE_CHECKING:
    from wtforms import Field


class Drawable:
    """Every letter can be printed."""

    def __call__(self, _form: Any, field: Field) -> None:
        if missing := name_undrawable(field.data or ""):
            raise ValidationError(f"{field.label.text} has characters the PDF's fonts cannot draw: {missing}.")
