"""Knows which lists can be kept as a saved view, and which parts of their address are a filter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from app.auth.rules import Permission
from app.kernel.errors import BadInput

MOST_VIEWS = 50
LONGEST_NAME = 60
LONGEST_VALUE = 200
# of every list, but of the moment and no filter
PASSING = frozenset({"after", "before", "export"})


class ListUnknown(BadInput):
    """No views can be saved of this page. Open one of the lists and save its filter there."""


class FilterUnknown(BadInput):
    """“{name}” is no filter of this list. Open the list, filter it and save it again."""


class FilterTooLong(BadInput):
    """The filter is too long to be kept. Filter by less text and save it again."""


@dataclass(frozen=True)
class Place:
    """A list: its endpoint, who may see it, and the arguments that filter or sort it."""

    label: str
    endpoint: str
    permission: Permission
    arguments: tuple[str, ...]
    faces: tuple[str, ...] = ()  # other pages that show the same under the same arguments


PLACES: Mapping[str, Place] = {
    "orders": Place("Orders", "orders.index", Permission.ORDERS_VIEW, ("view", "q", "customer", "age", "sort")),
    "tasks": Place(
        "Tasks",
        "tasks.index",
        Permission.TASKS_VIEW,
        ("view", "state", "due", "department", "order", "q", "sort"),
        faces=("tasks.board",),
    ),
    "deals": Place("Deals", "deals.index", Permission.DEALS_VIEW, ("view", "q", "customer", "sort")),
    "exceptions": Place("Exceptions", "exceptions.index", Permission.ORDERS_VIEW, ("state", "cause", "who")),
    "invoices": Place(
        "Invoices", "invoices.index", Permission.INVOICES_VIEW, ("state", "q", "customer", "from", "until")
    ),
}
_BY_ENDPOINT = {endpoint: word for word, place in PLACES.items() for endpoint in (place.endpoint, *place.faces)}


def find_place(endpoint: str | None) -> str:
    """The word of the list behind an endpoint, "" for every other page."""
    return _BY_ENDPOINT.get(endpoint or "", "")


def get_place(word: str) -> Place:
    """Raises ListUnknown."""
    if word not in PLACES:
        raise ListUnknown(field="place")
    return PLACES[word]


def clean_query(word: str, text: str) -> str:
    """The filter in one spelling. Raises ListUnknown, FilterUnknown, FilterTooLong."""
    place = get_place(word)
    try:
        pairs = parse_qsl(text.removeprefix("?"), max_num_fields=40)
    except ValueError:
        raise FilterTooLong(field="query") from None
    for name, value in pairs:
        if name not in place.arguments and name not in PASSING:
            raise FilterUnknown(field="query", name=name[:40])
        if len(value) > LONGEST_VALUE:
            raise FilterTooLong(field="query")
    return pick_query(word, pairs)


def pick_query(word: str, pairs: Iterable[tuple[str, str]]) -> str:
    """What of an address is the filter: the first value of each known argument, in a fixed order."""
    said: dict[str, str] = {}
    for name, value in pairs:
        if stripped := value.strip():
            said.setdefault(name, stripped)
    return urlencode([(name, said[name]) for name in PLACES[word].arguments if name in said])
