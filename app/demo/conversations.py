"""What people of the demo say about the orders that run: comments with mentions, a file, exceptions, holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select

from app.company.queries import business_today
from app.db.base import session
from app.orders.models import Order, OrderState
from app.orders.models_care import CareReminder
from app.orders.models_holds import HoldKind
from app.orders.queries_care import select_open
from app.orders.rules_exceptions import Cause
from app.orders.services_care import finish_reminder
from app.orders.services_exceptions import raise_exception, resolve_exception, suspend_exception
from app.orders.services_files import add_file
from app.orders.services_handover import hand_over
from app.orders.services_holds import place_hold
from app.orders.services_talk import write_comment
from app.tasks.models import TaskState
from app.tasks.queries import list_tasks_of
from app.tasks.services_pause import pause_task

COMMENTS = (
    ("clerk", "The customer asks for delivery to the second gate.\n@qa please keep the seals for the inspection."),
    ("qa", "@clerk the calibration sheet is attached. @admin one sensor was replaced, no change in price."),
    ("finance", "Purchase order number confirmed by phone. @jonas.meier you can go on."),
)
SHEET = b"sensor,offset,tolerance\nA-1,0.02,0.05\nA-2,0.01,0.05\n"
OUTCOMES = ("Satisfied.", "Satisfied; asks for a training in spring.", "Will order again after the summer.")
# cause, what, department, days ago, what became of it
EXCEPTIONS = (
    (Cause.STOCK, "Two connectors are missing; the supplier promises them for next week.", "operations", 8, "handed"),
    (Cause.PRICE_DISPUTE, "The customer reads the discount differently from the offer.", "finance", 6, "suspended"),
    (Cause.CUSTOMER_CHANGE, "The customer wants the longer cable instead.", "customer_service", 5, "resolved"),
    (Cause.MISSING_INFORMATION, "Nobody told us who signs for the delivery.", "customer_service", 2, ""),
)


def talk_over(people: Mapping[str, str], now: datetime) -> None:
    """On the running orders, the oldest first; nothing where none runs."""
    running = select(Order).where(Order.state == OrderState.IN_PROGRESS).order_by(Order.id).limit(len(EXCEPTIONS))
    orders = list(session().scalars(running))
    if not orders:
        return
    for place, (who, text) in enumerate(COMMENTS):
        at, actor = now - timedelta(minutes=50 - 10 * place), people[who]
        write_comment(orders[0].id, text, author_id=int(actor.removeprefix("user:")), actor=actor, now=at)
    add_file(orders[0].id, "calibration.csv", SHEET, actor=people["qa"], now=now - timedelta(minutes=41))
    for place, (cause, what, department, days, became) in enumerate(EXCEPTIONS):
        order = orders[place % len(orders)]
        at = max(order.opened_at, now - timedelta(days=days))
        exception = raise_exception(order.id, cause, what, department_code=department, actor=people["clerk"], now=at)
        if became == "handed" and "qa" in people:
            note, owner = "You know the supplier of these connectors.", int(people["qa"].removeprefix("user:"))
            hand_over(exception.id, note, owner_id=owner, actor=people["clerk"], now=now)
        elif became == "suspended":
            suspend_exception(exception.id, (now + timedelta(days=9)).date(), actor=people["clerk"], now=now)
        elif became == "resolved":
            note = "The longer cable costs the same and is on stock."
            resolve_exception(exception.id, note, actor=people["clerk"], now=now)
    _stand_still(orders, people, now)


def look_back_on_care(people: Mapping[str, str], now: datetime) -> None:
    """What came of the reminders of the past year; the last days are still to be done."""
    past = select_open((now - timedelta(days=4)).date())
    for place, reminder in enumerate(session().scalars(past.order_by(CareReminder.id))):
        at = datetime.combine(reminder.due_on, now.timetz())
        finish_reminder(reminder.id, OUTCOMES[place % len(OUTCOMES)], actor=people["clerk"], now=at)


def _stand_still(orders: list[Order], people: Mapping[str, str], now: datetime) -> None:
    """The newest running order waits for the customer to move, and a task of the next one for their drawings."""
    held = orders[-1]
    at = max(held.opened_at, now - timedelta(hours=20))
    reason = "The customer moves house and takes nothing before they are back."
    place_hold(held.id, HoldKind.CUSTOMER, reason, review_on=business_today(now), actor=people["clerk"], now=at)
    waiting = next((task for task in list_tasks_of(orders[0].id) if task.state is TaskState.OPEN), None)
    if waiting is not None and orders[0] is not held:
        pause_task(waiting.id, "send the drawings", actor=people["clerk"], now=now - timedelta(minutes=30))
