"""Knows the checklist of each deal type: the standard ones, what a list makes of the checks, and what people tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from app.deals.rules_gate import CHECKS, Cure, Item, Weight
from app.kernel.texts import counted

HOUR, WORKING_DAY = 60, 8 * 60
TWIN_DAYS = 30


class Listed(Protocol):
    """A row of a checklist, stored or standard."""

    @property
    def code(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def check(self) -> str: ...
    @property
    def is_required(self) -> bool: ...
    @property
    def asks_file(self) -> bool: ...


class DealLike(Protocol):
    """What of a deal says whether another is the same."""

    @property
    def id(self) -> int: ...
    @property
    def customer_id(self) -> int: ...
    @property
    def po_number(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def net_total(self) -> int: ...
    @property
    def closed_on(self) -> date: ...


def are_twins(one: DealLike, other: DealLike) -> bool:
    """Whether two deals may be one: of one customer, with one purchase order, or one amount within 30 days."""
    if one.id == other.id or one.customer_id != other.customer_id:
        return False
    if one.po_number and one.po_number == other.po_number:
        return True
    same_amount = (one.currency, one.net_total) == (other.currency, other.net_total)
    return same_amount and abs((one.closed_on - other.closed_on).days) <= TWIN_DAYS


@dataclass(frozen=True, slots=True)
class StandardItem:
    code: str
    label: str
    check: str = ""
    is_required: bool = False
    asks_file: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """Who saw or attached it, and when."""

    ticked_by: str
    ticked_at: datetime


_CHECKED = tuple(StandardItem(code, label, code, code == "terms") for code, label in CHECKS.items())

# What a new company begins with; nothing new is required of a standard deal, so that files go on being accepted
STANDARD_LISTS: Mapping[str, tuple[StandardItem, ...]] = {
    "standard": _CHECKED,
    "custom_build": (
        *_CHECKED,
        StandardItem("specification", "The specification is attached", is_required=True, asks_file=True),
        StandardItem("delivery_date", "The delivery date is agreed with Operations", is_required=True),
        StandardItem("acceptance_test", "How the customer will test it is written down"),
    ),
    "service": (*_CHECKED, StandardItem("start_date", "The start is agreed with the customer")),
}


def apply_list(
    checks: Sequence[Item], listed: Sequence[Listed], ticks: Mapping[str, Tick], attached: Mapping[str, Tick]
) -> list[Item]:
    """The checklist of one deal: the rows of its type in their order; what blocks any deal stands first, listed or not.

    A required row blocks until it is fine; one that asks for a file is fine with one, whatever was ticked.
    A check that is not listed is left out as long as it only warns.
    """
    known = {item.code: item for item in checks}
    named = {entry.check for entry in listed}
    besides = [
        item
        for item in checks
        if item.code not in CHECKS or (item.code not in named and item.weight is Weight.BLOCKS)
    ]  # fmt: skip
    return [*besides, *(_apply(entry, known, ticks, attached) for entry in listed)]


def _apply(
    entry: Listed, known: Mapping[str, Item], ticks: Mapping[str, Tick], attached: Mapping[str, Tick]
) -> Item:  # fmt: skip
    if entry.check:
        return _checked(entry, known[entry.check])
    if entry.asks_file:
        return _by_hand(entry, attached.get(entry.code), Cure.FILE, "Attach the file.")
    return _by_hand(entry, ticks.get(entry.code), Cure.TICK, "Tick it when you have seen it.")


def _checked(entry: Listed, item: Item) -> Item:
    blocks = entry.is_required and item.weight is not Weight.OK
    return replace(item, label=entry.label, weight=Weight.BLOCKS if blocks else item.weight)


def _by_hand(entry: Listed, done: Tick | None, cure: Cure, hint: str) -> Item:
    if done is not None:
        return Item(entry.label, Weight.OK, "", cure, entry.code, done.ticked_by, done.ticked_at)
    if entry.is_required:
        return Item(entry.label, Weight.BLOCKS, hint, cure, entry.code)
    return Item(entry.label, Weight.WARNS, "Optional." if cure is Cure.TICK else f"Optional. {hint}", cure, entry.code)


def tell_working_time(minutes: int) -> str:
    """`45 min`, `3 h 20 min`, `2 days 3 h`: a working day has eight hours."""
    if minutes < HOUR:
        return f"{minutes} min"
    if minutes < WORKING_DAY:
        return f"{minutes // HOUR} h {minutes % HOUR} min" if minutes % HOUR else f"{minutes // HOUR} h"
    hours = minutes % WORKING_DAY // HOUR
    days = counted(minutes // WORKING_DAY, "day")
    return f"{days} {hours} h" if hours else days


@dataclass(frozen=True, slots=True)
class SellerScore:
    """What became of a seller's deals that were decided in a period."""

    owner: str
    first_time: int  # accepted and never returned
    repaired: int  # accepted after a return
    returned: int  # with Sales now

    @property
    def decided(self) -> int:
        return self.first_time + self.repaired + self.returned

    @property
    def percent(self) -> int | None:
        """Right first time, of those decided; rounded half up; None when nothing was decided."""
        return (200 * self.first_time + self.decided) // (2 * self.decided) if self.decided else None
