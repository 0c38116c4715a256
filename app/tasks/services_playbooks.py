"""Saves versions of playbooks, publishes one of them, and retires a playbook whose orders are no longer taken."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.audit.services import record
from app.db.base import session
from app.kernel.errors import BadInput, Conflict, RuleError
from app.kernel.texts import clean_line
from app.tasks import queries_playbooks as queries
from app.tasks.models import Department
from app.tasks.models_playbooks import Playbook, PlaybookVersion
from app.tasks.queries import list_departments
from app.tasks.rules import DEPARTMENTS, PLAYBOOKS, STANDARD, Step
from app.tasks.rules_playbooks import (
    ORDER_TYPE,
    OrderTypeUnusable,
    describe_changes,
    read_steps,
    require_sound,
    write_steps,
)

SYSTEM = "system:setup"


class PlaybookChanged(Conflict):
    """Somebody saved version {newest} of this playbook in the meantime. Look at both before you save yours."""


class OrderTypeTaken(BadInput):
    """There is a playbook for this order type. Edit that one."""


class NothingChanged(BadInput):
    """Nothing is different from the version saved last."""


class StandardNeeded(RuleError):
    """Orders whose type has no playbook use the standard one, so it cannot be retired."""


class PlaybookRetired(RuleError):
    """This playbook is retired. Bring it back first."""


class PlaybookStands(RuleError):
    """This playbook is so already. Load it again."""


def ensure_standard_playbooks(now: datetime) -> None:
    """Adds the standard departments and playbooks that are missing; what people changed stays."""
    for code, name in DEPARTMENTS.items():
        if session().get(Department, code) is None:
            session().add(Department(code=code, name=name, is_active=True))
    session().flush()
    for order_type, (name, steps) in PLAYBOOKS.items():
        if session().get(Playbook, order_type) is None:
            session().add(Playbook(order_type=order_type, name=name, live_number=1, is_active=True))
            session().flush()
            _add_version(order_type, 1, name, steps, "comes with Tillpaid", actor=SYSTEM, now=now)


def create_playbook(order_type: str, name: str, *, copy_of: str, actor: str, now: datetime) -> PlaybookVersion:
    """A playbook for a new order type, a draft with the steps of another one. Raises BadInput."""
    if not ORDER_TYPE.fullmatch(order_type) or order_type == "new":
        raise OrderTypeUnusable(field="order_type")
    name = clean_line(name, "name", most=80, required=True)
    if session().get(Playbook, order_type) is not None:
        raise OrderTypeTaken(field="order_type")
    source = _newest(copy_of)
    session().add(Playbook(order_type=order_type, name=name, live_number=None, is_active=True))
    session().flush()
    made = _add_version(
        order_type, 1, name, read_steps(source.steps), f"begun with the steps of {source.name}", actor=actor, now=now
    )
    _record("playbook.saved", made, actor=actor, now=now, changes=made.changes)
    return made


def save_version(
    order_type: str, name: str, steps: Sequence[Step], *, based_on: int, actor: str, now: datetime
) -> PlaybookVersion:
    """A draft: the next version. Raises PlaybookChanged when another one was saved since `based_on`; BadInput."""
    playbook = _lock(order_type)
    if not playbook.is_active:
        raise PlaybookRetired
    newest = _newest(order_type)
    if newest.number != based_on:
        raise PlaybookChanged(newest=newest.number)
    name = clean_line(name, "name", most=80, required=True)
    require_sound(steps, {one.code: one.name for one in list_departments()}, queries.list_colleagues())
    changes = describe_changes(read_steps(newest.steps), steps)
    if name != newest.name:
        changes.insert(0, f"now called “{name}”")
    if not changes:
        raise NothingChanged
    saved = _add_version(order_type, newest.number + 1, name, steps, "; ".join(changes), actor=actor, now=now)
    _record("playbook.saved", saved, actor=actor, now=now, changes=saved.changes[:1000])
    return saved


def publish_version(order_type: str, number: int, *, actor: str, now: datetime) -> PlaybookVersion:
    """Makes a version live: orders that open from now on are planned from it; running ones keep theirs."""
    playbook, version = _lock(order_type), queries.get_version(order_type, number)
    if not playbook.is_active:
        raise PlaybookRetired
    if playbook.live_number == number:
        raise PlaybookStands
    # departments and people may have left since it was saved
    require_sound(
        read_steps(version.steps), {one.code: one.name for one in list_departments()}, queries.list_colleagues()
    )
    before, playbook.live_number, playbook.name = playbook.live_number, number, version.name
    _record("playbook.published", version, actor=actor, now=now, before=before)
    session().flush()
    return version


def retire_playbook(order_type: str, *, actor: str, now: datetime) -> Playbook:
    """No more orders are planned from it; they take the standard one. Raises StandardNeeded."""
    if order_type == STANDARD:
        raise StandardNeeded
    return _set_active(order_type, is_active=False, actor=actor, now=now)


def restore_playbook(order_type: str, *, actor: str, now: datetime) -> Playbook:
    """Brings a retired playbook back."""
    return _set_active(order_type, is_active=True, actor=actor, now=now)


def _set_active(order_type: str, *, is_active: bool, actor: str, now: datetime) -> Playbook:
    playbook = _lock(order_type)
    if playbook.is_active is is_active:
        raise PlaybookStands
    playbook.is_active = is_active
    action = "playbook.restored" if is_active else "playbook.retired"
    _record(action, _newest(order_type), actor=actor, now=now)
    session().flush()
    return playbook


def _lock(order_type: str) -> Playbook:
    playbook = session().get(Playbook, order_type, with_for_update=True, populate_existing=True)
    if playbook is None:
        raise queries.PlaybookUnknown
    return playbook


def _newest(order_type: str) -> PlaybookVersion:
    return queries.get_version(order_type, queries.newest_number(order_type))


def _add_version(
    order_type: str, number: int, name: str, steps: Sequence[Step], changes: str, *, actor: str, now: datetime
) -> PlaybookVersion:
    version = PlaybookVersion(
        order_type=order_type, number=number, name=name, steps=write_steps(steps), changes=changes, saved_by=actor,
        saved_at=now,
    )  # fmt: skip
    session().add(version)
    session().flush()
    return version


def _record(action: str, version: PlaybookVersion, *, actor: str, now: datetime, **detail: Any) -> None:
    record(
        action, actor=actor, now=now, object_kind="playbook", object_id=version.id, name=version.name,
        order_type=version.order_type, number=version.number, **detail,
    )  # fmt: skip
