"""Keeps the checklist of each deal type: the standard ones of a new company, and every change of an item."""

from datetime import datetime
from typing import Any

from app.audit.services import record
from app.db.base import session
from app.db.sequences import draw_number
from app.deals.models_handoff import HandoffItem
from app.deals.queries_handoff import HandoffItemUnknown, list_own_items, next_position
from app.deals.rules_gate import CHECKS
from app.deals.rules_handoff import STANDARD_LISTS
from app.kernel.errors import BadInput, Conflict, RuleError
from app.kernel.texts import clean_line

MOST_ITEMS = 40


class HandoffItemChanged(Conflict):
    """Somebody else changed this item in the meantime. Load the checklist again."""


class TooManyItems(RuleError):
    """A checklist has at most {most} items. Remove one that nobody needs."""


class CheckedTwice(BadInput):
    """The checklist has this check already. Choose another one."""


class FileNeedsPerson(BadInput):
    """The system checks this item itself, so it asks for no file. Add an item that a person looks after."""


class CheckUnknown(BadInput):
    """There is no such check. Choose one of the list."""


def ensure_standard_checklists() -> None:
    """Adds the standard checklist of each type that has none; what people changed stays."""
    for deal_type, items in STANDARD_LISTS.items():
        if not list_own_items(deal_type):
            session().add_all(
                HandoffItem(
                    deal_type=deal_type, code=item.code, label=item.label, check=item.check,
                    is_required=item.is_required, asks_file=item.asks_file, position=position,
                )
                for position, item in enumerate(items, start=1)
            )  # fmt: skip
    session().flush()


def add_item(
    deal_type: str,
    label: str,
    *,
    check: str = "",
    is_required: bool = False,
    asks_file: bool = False,
    actor: str,
    now: datetime,
) -> HandoffItem:
    """Puts an item at the end of a type's checklist. Raises TooManyItems, CheckedTwice, FileNeedsPerson, BadInput."""
    items = list_own_items(deal_type)
    if len(items) >= MOST_ITEMS:
        raise TooManyItems(most=MOST_ITEMS)
    if check and check not in CHECKS:
        raise CheckUnknown(field="check")
    if check and check in {item.check for item in items}:
        raise CheckedTwice(field="check")
    _require_person(check, asks_file)
    item = HandoffItem(
        deal_type=clean_line(deal_type, "deal_type", required=True),
        code=check or f"own_{draw_number('handoff_item')}",
        label=_clean_label(label or CHECKS.get(check, "")),
        check=check,
        is_required=is_required,
        asks_file=asks_file,
        position=next_position(items),
        version=1,
    )
    session().add(item)
    session().flush()
    _record("checklist.item_added", item, actor=actor, now=now)
    return item


def change_item(
    item_id: int, label: str, *, is_required: bool, asks_file: bool, version: int, actor: str, now: datetime
) -> HandoffItem:  # fmt: skip
    """Calls an item otherwise, makes it required or optional, or lets it ask for a file.

    Raises HandoffItemChanged, FileNeedsPerson, BadInput.
    """
    item = _lock(item_id, version)
    _require_person(item.check, asks_file)
    said = {"label": _clean_label(label), "is_required": is_required, "asks_file": asks_file}
    changes = {name: [getattr(item, name), value] for name, value in said.items() if getattr(item, name) != value}
    if changes:
        item.label, item.is_required, item.asks_file = _clean_label(label), is_required, asks_file
        item.version += 1
        _record("checklist.item_changed", item, actor=actor, now=now, changes=changes)
    return item


def move_item(item_id: int, step: int, *, version: int, actor: str, now: datetime) -> HandoffItem:
    """Up (-1) or down (1) by one place; at the end of the list it stays. Raises HandoffItemChanged."""
    item = _lock(item_id, version)
    items = list_own_items(item.deal_type)
    place = items.index(item)
    goal = place + step
    if 0 <= goal < len(items):
        items[place], items[goal] = items[goal], items[place]
        for position, other in enumerate(items, start=1):
            other.position = position
        _record("checklist.item_moved", item, actor=actor, now=now, place=goal + 1)
    return item


def remove_item(item_id: int, *, version: int, actor: str, now: datetime) -> HandoffItem:
    """Takes an item off the list; ticks that were made stay in the trail. Raises HandoffItemChanged."""
    item = _lock(item_id, version)
    session().delete(item)
    session().flush()
    _record("checklist.item_removed", item, actor=actor, now=now)
    return item


def _lock(item_id: int, version: int) -> HandoffItem:
    item = session().get(HandoffItem, item_id, with_for_update=True, populate_existing=True)
    if item is None:
        raise HandoffItemUnknown
    if item.version != version:
        raise HandoffItemChanged
    return item


def _require_person(check: str, asks_file: bool) -> None:
    if check and asks_file:
        raise FileNeedsPerson(field="asks_file")


def _clean_label(label: str) -> str:
    return clean_line(label, "label", label="What to look at", most=120, required=True)


def _record(action: str, item: HandoffItem, *, actor: str, now: datetime, **detail: Any) -> None:
    record(
        action, actor=actor, now=now, object_kind="handoff_item", object_id=item.id, label=item.label,
        deal_type=item.deal_type, **detail,
    )  # fmt: skip
