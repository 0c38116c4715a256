"""Account care: reminders that come by themselves after an order, and what people plan beside them."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.audit.queries import list_timeline
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.orders.models_care import CareKind, CareReminder
from app.orders.queries_care import list_open_of, read_rules, select_open
from app.orders.services import cancel_order
from app.orders.services_care import (
    DayInThePast,
    DoneAlready,
    add_reminder,
    finish_reminder,
    move_reminder,
    note_customer,
    set_rules,
)
from app.tasks.queries import list_tasks_of
from app.tasks.services import finish_task, reopen_task
from tests import factories
from tests.factories import ACTOR

TODAY = date(2026, 11, 22)


@pytest.fixture
def order(app, now):
    factories.make_company(now=now)
    return factories.make_fulfilled_order(now=now)


def planned():
    rows = session().scalars(select(CareReminder).order_by(CareReminder.due_on))
    return [(one.kind.value, one.due_on) for one in rows]


def test_a_fulfilled_order_plans_what_its_type_asks_for_on_working_days(order):
    # fourteen and ninety days after a Sunday; 20 February 2027 is a Saturday
    assert planned() == [("satisfaction", date(2026, 12, 7)), ("reorder", date(2027, 2, 22))]


def test_an_order_that_is_reopened_and_fulfilled_again_plans_nothing_twice(order, now):
    deliver = next(task.id for task in list_tasks_of(order.id) if task.code == "deliver")
    later = now + timedelta(days=3)
    with unit_of_work():
        reopen_task(
            next(task.id for task in list_tasks_of(order.id) if task.code == "ask_feedback"), actor=ACTOR, now=later
        )
        reopen_task(deliver, actor=ACTOR, now=later)
        finish_task(deliver, actor=ACTOR, now=later)
    assert len(planned()) == 2


def test_nobody_asks_about_an_order_that_was_cancelled(order, now):
    with unit_of_work():
        cancel_order(order.id, "It came back", actor=ACTOR, now=now)
    assert planned() == []


def test_what_came_of_it_is_kept_once(order, now):
    whom = order.customer_id
    reminder = list_open_of(whom)[0]
    with unit_of_work():
        finish_reminder(reminder.id, "They are happy", actor=ACTOR, now=now)
    for work, refusal in (
        (lambda: finish_reminder(reminder.id, "Again", actor=ACTOR, now=now), DoneAlready),
        (lambda: move_reminder(reminder.id, TODAY, actor=ACTOR, now=now), DoneAlready),
        (
            lambda: add_reminder(order.customer_id, "Call", due_on=date(2026, 11, 21), actor=ACTOR, now=now),
            DayInThePast,
        ),
        (lambda: add_reminder(order.customer_id, " ", due_on=TODAY, actor=ACTOR, now=now), BadInput),
    ):
        with pytest.raises(refusal), unit_of_work():
            work()
    assert [one.kind for one in list_open_of(order.customer_id)] == [CareKind.REORDER]


def test_a_note_and_a_plan_stand_in_the_customers_timeline(order, now):
    with unit_of_work():
        note_customer(order.customer_id, "Prefers to be called in the morning", actor=ACTOR, now=now)
        reminder = add_reminder(order.customer_id, "Send the new list", due_on=TODAY, actor=ACTOR, now=now)
        move_reminder(reminder.id, TODAY + timedelta(days=1), actor=ACTOR, now=now)
    told = [entry.action for entry in list_timeline(customer_id=order.customer_id)]
    assert told[:3] == ["care.moved", "care.planned", "customer.noted"]
    assert "order.fulfilled" in told
    assert session().scalars(select_open(TODAY)).all() == []


def test_a_type_can_be_given_other_rules_and_the_others_keep_theirs(order, now):
    with unit_of_work():
        set_rules("standard", {CareKind.SATISFACTION: 3, CareKind.REORDER: None}, actor=ACTOR, now=now)
    assert read_rules()["standard"] == {"satisfaction": 3}
    assert read_rules()["service"]["renewal"] == 330
