"""What people of the demo keep as views: their own, one to begin with, and some for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.desk.services_views import save_view

# who, list, name, filter, shared, begins with it
VIEWS = (
    ("clerk", "orders", "Late orders", "view=late&sort=due", True, False),
    ("clerk", "tasks", "My overdue", "view=mine&due=overdue", False, False),
    ("clerk", "tasks", "Most urgent by the clock", "view=all&sort=clock", True, False),
    ("finance", "invoices", "Overdue invoices", "state=overdue", True, False),
    ("admin", "exceptions", "Missing stock", "cause=stock", True, False),
    ("admin", "tasks", "Due today, all departments", "view=all&due=now", False, False),
)


def keep_views(people: Mapping[str, str], now: datetime) -> None:
    """Each through the service; who is not in the story keeps none."""
    for who, place, name, query, is_shared, is_start in VIEWS:
        if who in people:
            actor = people[who]
            save_view(
                place, name, query, user_id=int(actor.removeprefix("user:")), is_shared=is_shared, is_start=is_start,
                actor=actor, now=now,
            )  # fmt: skip
