"""Turns what Sales promised beyond the contract into tasks of the order."""

from datetime import date, datetime

from app.company.calendars import business_calendar
from app.deals.models_handoff import DealPromise
from app.deals.queries_handoff import list_promises
from app.orders.models import Order
from app.orders.services import lock_order, set_due_on
from app.tasks.models import Task
from app.tasks.queries_promised import code_of, find_promised_tasks
from app.tasks.services import add_task


def plan_promises(order_id: int, *, actor: str, now: datetime) -> list[Task]:
    """One task for each promise of the order's deal, once; the order is due no earlier than a required one."""
    order = lock_order(order_id)
    promises = list_promises(order.deal_id)
    known = find_promised_tasks(order_id, promises)
    planned = [
        add_task(
            order_id,
            promise.text,
            code=code_of(promise),
            department_code=promise.department_code,
            due_on=max(_due_on(promise, order), order.ordered_on),
            is_required=promise.is_required,
            actor=actor,
            now=now,
        )
        for promise in promises
        if promise.id not in known
    ]
    last = max((task.due_on for task in planned if task.is_required), default=order.due_on)
    set_due_on(order_id, max(order.due_on, last))
    return planned


def _due_on(promise: DealPromise, order: Order) -> date:
    if promise.due_on is not None:
        return promise.due_on
    return business_calendar(order.ordered_on.year).add_working_days(order.ordered_on, promise.due_after_days or 0)
