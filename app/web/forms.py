"""Knows what every form has in common: stripped printable text, a token, refusals shown at the field they concern."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, Form, PasswordField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from app.kernel.errors import BadInput
from app.web.fields import DateField, DecimalField, MoneyField

LINE_BREAKS = "\n\r\t"
NO_CHOICE = "Choose one of the list."
UNPRINTABLE = "This contains characters that cannot be printed. Type it again."


def choices_of(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    """Values and their words, as a select field offers them."""
    return [SelectChoice(value, words) for value, words in pairs]


class _HouseRules:
    """What both kinds of form do with what was typed."""

    _fields: dict[str, Any]
    form_errors: list[str]

    class Meta:
        """Every text is stripped before it is checked; passwords are taken as typed."""

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Field:
            filters = unbound_field.kwargs.get("filters", [])
            kind = unbound_field.field_class
            if issubclass(kind, StringField) and not issubclass(kind, PasswordField):
                filters = [strip_text, *filters]
            bound: Field = unbound_field.bind(form=form, filters=filters, **options)
            if isinstance(bound, SelectField):
                bound.invalid_choice_message = NO_CHOICE
            return bound

    def validate(self, extra_validators: Any = None) -> bool:
        """Refuses control characters in any text, besides the fields' own checks."""
        fine: bool = super().validate(extra_validators=extra_validators)  # type: ignore[misc]
        for field in self._fields.values():
            allowed = LINE_BREAKS if isinstance(field, TextAreaField) else ""
            if isinstance(field, StringField) and has_control_characters(field.data, allowed):
                field.errors = [*field.errors, UNPRINTABLE]
                fine = False
        return fine

    def refuse(self, refusal: BadInput) -> None:
        """Shows what a service refused: at its field (`lines[0].quantity` too), or at the top of the form."""
        field = find_field(self, refusal.field or "")
        if field is None:
            self.form_errors = [*self.form_errors, str(refusal)]
        else:
            field.errors = [*field.errors, str(refusal)]
            self._mark_list(field, refusal.field or "")

    def _mark_list(self, field: Field, path: str) -> None:
        """A list of lines does not look at its lines again, so it is told that one of them was refused."""
        outer = self._fields.get(re.split(r"[.\[]", path)[0])
        if outer is not None and outer is not field and hasattr(outer, "entries") and not outer.errors:
            outer.errors = [{field.short_name: list(field.errors)}]


class BaseForm(_HouseRules, FlaskForm):
    """A POST form with a CSRF token. Only declared fields are read; whatever else is sent is ignored."""


class PartForm(_HouseRules, Form):
    """A group of fields within a form, such as one line: `FieldList(FormField(LineForm))`."""


def list_errors(form: Iterable[Field]) -> list[tuple[str, str, str]]:
    """Every refusal with the id and the name of its field: ("steps-2-due", "Step 3, Due after", "At most …")."""
    return [found for field in form for found in _errors_of(field, "")]


def _errors_of(field: Any, owner: str) -> Iterator[tuple[str, str, str]]:
    """Of a field, or of the fields in the lines of a list; a line is called after the list: Step 3 of Steps."""
    name = f"{owner}{field.label.text}"
    for number, entry in enumerate(getattr(field, "entries", ()), start=1):
        line = f"{name.removesuffix('s')} {number}"
        parts = getattr(getattr(entry, "form", None), "_fields", {}).values()
        yield from (found for part in parts for found in _errors_of(part, f"{line}, "))
        if not parts:
            yield from ((entry.id, line, error) for error in entry.errors)
    said = (error.removeprefix(f"{name}: ") for error in field.errors if isinstance(error, str))
    yield from ((field.id, name, error) for error in said)


def find_field(form: Any, path: str) -> Any:
    """The field at a path such as `lines[0].quantity`; None when there is none, or when it holds fields of its own."""
    found = form
    for step in re.findall(r"[^.\[\]]+", path):
        if step.isdigit():
            entries = getattr(found, "entries", [])
            found = entries[int(step)] if int(step) < len(entries) else None
        else:
            found = getattr(getattr(found, "form", found), "_fields", {}).get(step)
        if found is None:
            return None
    return found if isinstance(found, Field) and not hasattr(found, "entries") and not hasattr(found, "form") else None


def strip_text(value: Any) -> Any:
    """Without spaces around it, in composed characters (NFC), so that equal-looking texts are equal."""
    return unicodedata.normalize("NFC", value.strip()) if isinstance(value, str) else value


def has_control_characters(value: Any, allowed: str = "") -> bool:
    return isinstance(value, str) and any(
        unicodedata.category(character) in {"Cc", "Cs"} and character not in allowed for character in value
    )


__all__ = ["BaseForm", "DateField", "DecimalField", "MoneyField", "PartForm", "find_field"]
