"""The ball of an order: passed on by everything that happens, never in two hands, never in none."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import delete

from app.db.unit_of_work import unit_of_work
from app.orders.models_holds import HoldKind
from app.orders.services import cancel_order
from app.orders.services_holds import place_hold, release_hold
from app.tasks import services
from app.tasks.models_holder import OrderHolder
from app.tasks.queries import list_tasks_of
from app.tasks.queries_holder import list_segments, list_shares, list_sums, sum_by_holder
from app.tasks.services import add_task, finish_task, reopen_task
from app.tasks.services_pause import NothingToPause, NotWaiting, WaitsAlready, pause_task, resume_task
from app.verify import verify
from tests import factories
from tests.book import ROWS
from tests.factories import ACTOR

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # nine in the morning in Berlin


@pytest.fixture
def order_id(app):
    factories.make_company(now=MONDAY)
    return factories.make_order(now=MONDAY).id


def at(hours):
    return MONDAY + timedelta(hours=hours)


def task_id(order_id, code):
    return next(task.id for task in list_tasks_of(order_id) if task.code == code)


def do(work, *args, now, **kwargs):
    with unit_of_work():
        return work(*args, actor=ACTOR, now=now, **kwargs)


def held(order_id):
    return [(one.holder, one.until is None) for one in list_segments(order_id)]


def test_the_ball_goes_where_the_work_is(order_id):
    assert held(order_id) == [("department:customer_service", True)]
    do(finish_task, task_id(order_id, "confirm_order"), now=at(1))
    do(finish_task, task_id(order_id, "credit_check"), now=at(3))
    do(pause_task, task_id(order_id, "prepare_goods"), "send the labels", now=at(4))
    hold = do(place_hold, order_id, HoldKind.INTERNAL, "Flood", review_on=at(4).date(), now=at(5))
    do(release_hold, hold.id, "It is dry", now=at(6))
    do(resume_task, task_id(order_id, "prepare_goods"), now=at(7))
    assert [holder for holder, _now in held(order_id)] == [
        "department:customer_service", "department:finance", "department:operations", "customer", "hold", "customer",
        "department:operations",
    ]  # fmt: skip
    shares = {share.holder: share.minutes for share in list_shares(order_id, at(8))}
    assert shares == {
        "department:customer_service": 60, "department:finance": 120, "department:operations": 120, "customer": 120,
        "hold": 60,
    }  # fmt: skip
    assert sum_by_holder(at(2), at(8))["department:finance"] == 60
    assert verify(at(8), ROWS).broken == []


def test_an_order_that_is_done_has_no_holder_until_it_is_reopened(order_id):
    with patch.object(factories, "NOW", at(1)):
        factories.finish_all_tasks(order_id, now=at(1))
    assert not any(now for _holder, now in held(order_id))
    do(reopen_task, task_id(order_id, "ask_feedback"), now=at(2))
    do(reopen_task, task_id(order_id, "deliver"), now=at(26))
    assert held(order_id)[-1] == ("department:operations", True)
    # it was open for an hour on Monday, and from ten on Tuesday
    assert [(one.held, one.open) for one in list_sums(at(27))] == [(120, 120)]
    do(cancel_order, order_id, "They went elsewhere", now=at(28))
    assert not any(now for _holder, now in held(order_id))
    assert [(one.held, one.open) for one in list_sums(at(100))] == [(180, 180)]
    assert verify(at(100), ROWS).broken == []


def test_a_task_beside_the_playbook_can_take_the_ball(order_id):
    today = MONDAY.date()
    do(add_task, order_id, "Translate the manual", department_code="rnd", due_on=today, is_required=True, now=at(1))
    assert held(order_id)[-1] == ("department:rnd", True)


def test_a_task_waits_for_the_customer_once_and_only_while_it_is_open(order_id):
    open_task, blocked = task_id(order_id, "credit_check"), task_id(order_id, "deliver")
    do(pause_task, open_task, "pay the deposit", now=at(1))
    for work, refusal in (
        (lambda: do(pause_task, open_task, "again", now=at(2)), WaitsAlready),
        (lambda: do(pause_task, blocked, "too early", now=at(2)), NothingToPause),
        (lambda: do(resume_task, blocked, now=at(2)), NotWaiting),
    ):
        with pytest.raises(refusal):
            work()
    do(finish_task, open_task, now=at(3))
    with pytest.raises(NotWaiting):
        do(resume_task, open_task, now=at(4))


def test_a_ball_nobody_passed_is_found(order_id):
    with patch.object(services, "pass_ball"):
        factories.finish_all_tasks(order_id, now=at(1))
    assert {one.invariant.code for one in verify(at(9), ROWS).broken} == {"I43"}


def test_a_stretch_that_is_missing_is_found(order_id):
    do(finish_task, task_id(order_id, "confirm_order"), now=at(1))
    with unit_of_work() as current:
        current.execute(delete(OrderHolder).where(OrderHolder.until.is_not(None)))
    (broken,) = verify(at(9), ROWS).broken
    assert broken.findings[0].detail == "held 420 working minutes, open for 480"
