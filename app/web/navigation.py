"""Knows the way around: the groups of pages everybody finds on the left, shown as far as one's role allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app, g, request, url_for
from werkzeug.local import LocalProxy

if TYPE_CHECKING:
    from flask import Flask
    from flask.sansio.app import App

Count = Callable[[], int | None]
May = Callable[[str], bool]


@dataclass(frozen=True)
class Place:
    """One entry. `permission` is the word of a permission; empty means everybody who is signed in."""

    label: str
    endpoint: str
    permission: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Group:
    label: str
    places: tuple[Place, ...]


GROUPS: tuple[Group, ...] = (
    Group("", (Place("Today", "desk.today", "", "house"),)),
    Group(
        "Sell",
        (
            Place("Deals", "deals.index", "deals.view", "handshake"),
            Place("Orders", "orders.index", "orders.view", "package"),
            Place("Exceptions", "exceptions.index", "orders.view", "circle-alert"),
            Place("My tasks", "tasks.index", "tasks.view", "list-checks"),
            Place("Customers", "customers.index", "customers.view", "building-2"),
        ),
    ),
    Group(
        "Bill",
        (
            Place("Invoices", "invoices.index", "invoices.view", "file-text"),
            Place("Overdue", "followup.index", "followup.view", "clock-alert"),
            Place("Payments", "payments.index", "payments.view", "landmark"),
            Place("Cash desk", "cash.index", "payments.view", "hand-coins"),
            Place("Closing", "periods.index", "payments.view", "lock"),
        ),
    ),
    Group("Know", (Place("Daily report", "reports.daily", "reports.view", "newspaper"),)),
    Group(
        "Run",
        (
            Place("Outbox", "outbox.index", "outbox.view", "send"),
            Place("Health", "desk.health", "health.view", "activity"),
            Place("Settings", "company.index", "settings.view", "settings"),
        ),
    ),
)


@dataclass(frozen=True)
class ShownPlace:
    label: str
    url: str
    icon: str
    count: int | None
    hot: bool
    active: bool


@dataclass(frozen=True)
class ShownGroup:
    label: str
    items: list[ShownPlace]


def install(app: Flask) -> None:
    app.extensions["tillpaid_counts"] = {}
    app.context_processor(lambda: {"navigation": LocalProxy(list_navigation)})


def register_count(app: App, endpoint: str, count: Count, *, hot: bool = False) -> None:
    """A wing tells how many things wait behind its entry; `hot` ones are shown as urgent.

    `count` runs once per page: it is bounded, and counts what the current user may see. None or 0 shows nothing.
    """
    app.extensions["tillpaid_counts"][endpoint] = (count, hot)


def list_navigation() -> list[ShownGroup]:
    """The groups with the entries the current user may open; empty for a stranger."""
    may: May | None = g.get("may")
    if may is None:
        return []
    if "navigation" not in g:
        shown = [ShownGroup(group.label, [_show(p) for p in group.places if _is_open(p, may)]) for group in GROUPS]
        g.navigation = [group for group in shown if group.items]
    groups: list[ShownGroup] = g.navigation
    return groups


def _is_open(place: Place, may: May) -> bool:
    return place.endpoint in current_app.view_functions and (not place.permission or may(place.permission))


def _show(place: Place) -> ShownPlace:
    count, hot = current_app.extensions["tillpaid_counts"].get(place.endpoint, (None, False))
    return ShownPlace(
        label=place.label,
        url=url_for(place.endpoint),
        icon=place.icon,
        count=(count() or None) if count else None,
        hot=hot,
        active=_is_here(place),
    )


def _is_here(place: Place) -> bool:
    """Its own page, or any page of a wing that has one entry, or beneath its address."""
    wing = place.endpoint.partition(".")[0]
    entries = [other for group in GROUPS for other in group.places if other.endpoint.startswith(wing + ".")]
    return request.endpoint == place.endpoint or (len(entries) == 1 and _is_within(wing, place))


def _is_within(wing: str, place: Place) -> bool:
    """An entry beneath another's address has its pages for itself."""
    blueprints = {other.endpoint.partition(".")[0] for group in GROUPS for other in group.places}
    is_beneath = request.path.startswith(f"{url_for(place.endpoint)}/") and request.blueprint not in blueprints
    return request.blueprint == wing or is_beneath
