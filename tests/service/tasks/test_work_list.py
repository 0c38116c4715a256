"""The work list: whose tasks, due when, and what stands beside them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.auth.rules import Role
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.tasks import services
from app.tasks.models import Task
from app.tasks.queries import list_tasks_of
from app.tasks.queries_work import Due, Show, Tab, Wanted, count_by_due, due_bucket, plans_of, select_work
from app.tasks.rules_scope import scope_of
from tests import factories
from tests.factories import ACTOR, NOW

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def company(app):
    factories.make_company()


@pytest.fixture
def order():
    return factories.make_order()


def codes(scope, **wanted):
    statement = select_work(scope, Wanted(**wanted), TODAY).order_by(Task.due_on, Task.id)
    return [task.code for task in session().scalars(statement)]


def give(order_id, code, user_id):
    task = next(task for task in list_tasks_of(order_id) if task.code == code)
    with unit_of_work():
        services.assign_task(task.id, user_id, actor=ACTOR, now=NOW)


def test_a_member_sees_the_department_and_what_is_given_to_them(app, order):
    user_id = factories.make_user(app, Role.MEMBER, department_code="finance")
    scope = scope_of(user_id, Role.MEMBER, "finance")
    assert codes(scope) == ["credit_check"]
    give(order.id, "confirm_order", user_id)
    assert set(codes(scope)) == {"credit_check", "confirm_order"}
    assert codes(scope, tab=Tab.DEPARTMENT) == ["credit_check"]


def test_a_member_of_no_department_sees_only_the_own(app, order):
    user_id = factories.make_user(app, Role.MEMBER)
    scope = scope_of(user_id, Role.MEMBER, None)
    assert codes(scope) == []
    give(order.id, "confirm_order", user_id)
    assert codes(scope) == codes(scope, tab=Tab.MINE) == ["confirm_order"]


def test_mine_is_what_i_have_and_what_nobody_of_my_department_has(app, order):
    me, other = (factories.make_user(app, Role.CLERK, department_code="finance") for _ in range(2))
    scope = scope_of(me, Role.CLERK, "finance")
    assert codes(scope, tab=Tab.MINE) == ["credit_check"]
    give(order.id, "credit_check", other)
    give(order.id, "confirm_order", me)
    assert codes(scope, tab=Tab.MINE) == ["confirm_order"]
    assert set(codes(scope, tab=Tab.ALL)) == {"credit_check", "confirm_order"}


@pytest.mark.parametrize(
    ("due_on", "bucket"),
    [
        (TODAY - timedelta(days=1), Due.OVERDUE), (TODAY, Due.TODAY), (TODAY + timedelta(days=1), Due.WEEK),
        (TODAY + timedelta(days=7), Due.WEEK), (TODAY + timedelta(days=8), Due.LATER),
    ],
)  # fmt: skip
def test_the_database_and_the_rule_put_a_day_into_the_same_bucket(order, due_on, bucket):
    with unit_of_work():
        for task in list_tasks_of(order.id):
            task.due_on = due_on
    scope = scope_of(1, Role.ADMIN, None)
    assert due_bucket(due_on, TODAY) is bucket
    assert {due for due in Due if codes(scope, due=due)} - {Due.NOW} == {bucket}
    counted = count_by_due(select_work(scope, Wanted(), TODAY), TODAY)
    assert {due: (one.count, one.first) for due, one in counted.items()} == {bucket: (2, due_on)}


def test_now_is_today_and_before(order):
    first, second = [task for task in list_tasks_of(order.id) if task.state.value == "open"]
    with unit_of_work():
        session().get_one(Task, first.id).due_on = TODAY
        session().get_one(Task, second.id).due_on = TODAY - timedelta(days=3)
    assert len(codes(scope_of(1, Role.ADMIN, None), due=Due.NOW)) == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CREDIT", 1), ("nordlicht", 2), ("SO-2026-00001", 2), ("PO-7", 2),
        ("%", 0), ("nothing like it", 0), ("!!!", 0),
    ],
)  # fmt: skip
def test_a_text_finds_titles_orders_and_customers(order, text, found):
    assert len(codes(scope_of(1, Role.ADMIN, None), text=text)) == found


def test_states_and_orders_narrow_the_list(order):
    other = factories.make_order("D-2")
    scope = scope_of(1, Role.ADMIN, None)
    assert len(codes(scope)) == 4
    assert len(codes(scope, order_id=other.id)) == 2
    assert len(codes(scope, order_id=other.id, show=Show.BLOCKED)) == 4
    assert codes(scope, department_code="finance", order_id=other.id) == ["credit_check"]
    assert codes(scope, show=Show.DONE) == []


def test_plans_are_read_by_order(order):
    other = factories.make_order("D-2", deal_type="service")
    plans = plans_of([order.id, other.id])
    assert (len(plans[order.id]), len(plans[other.id])) == (6, 4)
    assert plans_of([]) == {}
