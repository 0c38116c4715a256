"""Knows which fields a way of choosing a part uses; what stands in others is refused, not passed over."""

from __future__ import annotations

from collections.abc import Mapping

from wtforms import Field, HiddenField, RadioField

from app.kernel.errors import BadInput


class OfAnotherWay(BadInput):
    """This is not used with “{way}”. Empty it, or choose another way above."""


def require_own_fields(way: RadioField, fields: Mapping[Field, tuple[str, ...]]) -> None:
    """`fields` gives the ways each field belongs to. Raises OfAnotherWay at the first that is filled in beside them."""
    words = next((str(choice.label.text) for choice in way if choice.data == way.data), way.data)
    for field, ways in fields.items():
        if way.data not in ways and (path := _filled(field)):
            raise OfAnotherWay(field=path, way=words)


def _filled(field: Field) -> str:
    """The path of what is filled in: the field itself, or one in the entries of a list. Nothing and 0 are not."""
    for place, entry in enumerate(getattr(field, "entries", ())):
        for part in entry.form:
            if part.data and not isinstance(part, HiddenField):
                return f"{field.short_name}[{place}].{part.short_name}"
    return field.short_name if field.data and not hasattr(field, "entries") else ""
