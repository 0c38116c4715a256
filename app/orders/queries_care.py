"""Reads reminders of account care, and the rules that make them."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, select

from app.db.base import session
from app.kernel.errors import NotFound
from app.orders.models_care import CareReminder, CareRule
from app.orders.rules_care import STANDARD


class ReminderUnknown(NotFound):
    """There is no such reminder."""


def get_reminder(reminder_id: int, *, lock: bool = False) -> CareReminder:
    found = session().get(CareReminder, reminder_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise ReminderUnknown
    return found


def select_open(until: date | None = None) -> Select[CareReminder]:
    """What is to be done, also later unless a day is given."""
    chosen = select(CareReminder).where(CareReminder.done_at.is_(None))
    return chosen if until is None else chosen.where(CareReminder.due_on <= until)


def list_open_of(customer_id: int, *, limit: int = 20) -> Sequence[CareReminder]:
    """What is to be done for a customer, the next first."""
    chosen = select_open().where(CareReminder.customer_id == customer_id)
    return session().scalars(chosen.order_by(CareReminder.due_on, CareReminder.id).limit(limit)).all()


def read_rules() -> dict[str, dict[str, int]]:
    """Order type -> kind -> days; the standard until somebody saves other ones."""
    rows = session().scalars(select(CareRule)).all()
    if not rows:
        return STANDARD
    found: dict[str, dict[str, int]] = {}
    for rule in rows:
        found.setdefault(rule.order_type, {})[rule.kind.value] = rule.after_days
    return found
