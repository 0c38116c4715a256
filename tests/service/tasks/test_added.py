"""Tasks added by hand: a target gives them a clock and a ladder, and another target moves both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.audit.queries import list_timeline
from app.db.unit_of_work import unit_of_work
from app.tasks.models import TaskState
from app.tasks.queries import get_task
from app.tasks.queries_escalation import list_steps_of
from app.tasks.rules_added import DueInThePast, TargetOutOfRange
from app.tasks.services import TaskChanged, finish_task
from app.tasks.services_added import TargetOfEnded, add_by_hand, change_target
from app.tasks.services_escalation import climb
from tests import factories
from tests.factories import ACTOR

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in the morning in Berlin, when work begins


def do(work, *args, now=MONDAY, **kwargs):
    with unit_of_work():
        return work(*args, actor=ACTOR, now=now, **kwargs)


def add(order_id, **changes):
    wanted = {"department_code": "operations", "due_on": MONDAY.date(), "target_minutes": 240} | changes
    return do(add_by_hand, order_id, "Call the forwarder", **wanted).id


def hours_of(task_id):
    return [(step.due_at - MONDAY) / timedelta(hours=1) for step in list_steps_of([task_id])]


@pytest.fixture
def order_id(app):
    factories.make_company(now=MONDAY)
    factories.make_user(app, "manager", email="mona@tillpaid.test")
    return factories.make_order(now=MONDAY).id


def test_a_target_makes_the_task_climb_and_another_one_moves_what_is_planned(order_id):
    task_id = add(order_id)
    assert hours_of(task_id) == [3, 4, 6]
    do(change_target, task_id, 120, version=1)
    assert hours_of(task_id) == [1.5, 2, 3]
    with unit_of_work():
        assert climb(now=MONDAY + timedelta(hours=2)) == 1  # two steps at once are one mail
    do(change_target, task_id, 360, version=2)
    # who was told was told; the rest waits for the new clock
    assert hours_of(task_id) == [2, 8 + 16 + 1]  # a day, the night and an hour
    do(change_target, task_id, None, version=3)
    assert get_task(task_id).sla_due_at is None
    assert [step.notified_at is None for step in list_steps_of([task_id])] == [False]
    actions = [entry.action for entry in list_timeline(order_id=order_id)]
    assert actions.count("task.targeted") == 3


def test_what_nobody_can_mean_changes_nothing(order_id):
    for changes, kind in (
        ({"target_minutes": 0}, TargetOutOfRange),
        ({"target_minutes": 10**9}, TargetOutOfRange),
        ({"due_on": MONDAY.date() - timedelta(days=1)}, DueInThePast),
    ):
        with pytest.raises(kind):
            add(order_id, **changes)
    task_id = add(order_id, target_minutes=None)
    assert list_steps_of([task_id]) == []
    for minutes, version, kind in ((-1, 1, TargetOutOfRange), (60, 9, TaskChanged)):
        with pytest.raises(kind):
            do(change_target, task_id, minutes, version=version)
    do(finish_task, task_id)
    with pytest.raises(TargetOfEnded):
        do(change_target, task_id, 60)
    task = get_task(task_id)
    assert (task.state, task.target_minutes) == (TaskState.DONE, None)
