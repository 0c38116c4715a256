"""Knows which places a text of our own may have, and how they are filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import Template

from app.kernel.errors import BadInput

_PLACE = re.compile(r"\$\{?([A-Za-z_]\w*)")
PLACES = ("number", "amount", "due", "name", "company")
MOST_FOOT_LINES = 12  # 13 fit beneath an invoice of two lines with a code; more begins a page of their own
CREDIT_PLACES = tuple(place for place in PLACES if place != "due")  # nothing falls due on a credit note


class PlaceUnknown(BadInput):
    """{label}: ${place} is not filled in. The places are {places}."""


class PlaceUnreadable(BadInput):
    """{label}: a $ begins a place such as $number. Write $$ for a dollar sign."""


class FootHasPlace(BadInput):
    """{label}: ${place} is not filled in here. Write the words themselves."""


def check_places(text: str, field: str, label: str, places: Sequence[str] = PLACES) -> str:
    """The text as it is. Raises PlaceUnknown by its name, PlaceUnreadable."""
    template = Template(text)
    if not template.is_valid():
        raise PlaceUnreadable(field=field, label=label)
    for place in template.get_identifiers():
        if place not in places:
            *most, last = (f"${one}" for one in places)
            raise PlaceUnknown(field=field, label=label, place=place, places=f"{', '.join(most)} and {last}")
    return text


def check_foot(text: str, field: str, label: str) -> str:
    """The text as it is: the foot has no places; a dollar sign before a figure stays one."""
    if found := _PLACE.search(text):
        raise FootHasPlace(field=field, label=label, place=found[1])
    return text


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """The text with its places filled in."""
    return Template(text).substitute({place: values[place] for place in PLACES})
