"""Finishing, reopening, giving and adding tasks from their pages: who may, what it says, how it is undone."""

from __future__ import annotations

import re

import pytest

from app.auth.rules import Role
from app.orders.models import OrderState
from app.orders.queries import get_order
from app.tasks.queries import get_task, list_tasks_of
from tests import factories
from tests.factories import make_user, sign_in
from tests.harness.pages import words_of

pytestmark = pytest.mark.usefixtures("today")

CONFIRM, CREDIT, PACK = 1, 2, 3  # ids of the standard plan


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_order()
    sign_in(client, "clerk", department_code="operations")
    return client


def task(client, task_id):
    with client.application.app_context():
        found = get_task(task_id)
        return found.state.value, found.assignee_id, found.note, found.done_by


def undo_address(page):
    return re.search(r'<form method="post" action="([^"]+)" class="inline"', page)[1].replace("&amp;", "&")


# --- finish and reopen ----------------------------------------------------------------------------------------------


def test_a_task_is_finished_with_a_note_and_undone_from_the_message(desk):
    back = "/orders/1#tasks"
    answer = desk.post(f"/tasks/{CREDIT}/finish", data={"note": "Fine up to 40k", "version": "1", "next": back})
    assert answer.location == back
    assert task(desk, CREDIT)[0::2] == ("done", "Fine up to 40k")
    page = desk.get("/orders/1").text
    assert "“Check credit and billing data” is done." in page
    assert desk.post(undo_address(page)).location == back
    assert task(desk, CREDIT)[0] == "open"


def test_the_last_required_task_says_that_the_order_is_fulfilled(desk):
    with desk.application.app_context():
        order = [one.id for one in list_tasks_of(1) if one.is_required]
    for task_id in order:
        desk.post(f"/tasks/{task_id}/finish")
    assert "Order SO-2026-00001 is fulfilled." in desk.get("/orders").text
    with desk.application.app_context():
        assert get_order(1).state is OrderState.FULFILLED


def test_a_task_that_waits_cannot_be_finished_and_says_for_what(desk):
    answer = desk.post(f"/tasks/{PACK}/finish")
    assert answer.status_code == 409
    assert "waits for: Check credit and billing data" in answer.text
    assert task(desk, PACK)[0] == "blocked"


@pytest.mark.parametrize("version", ["2", "x", "", "-1", "9" * 30])
def test_a_task_that_changed_in_the_meantime_is_not_finished(desk, version):
    assert desk.post(f"/tasks/{CREDIT}/finish", data={"version": version}).status_code == 409
    assert task(desk, CREDIT)[0] == "open"


def test_a_note_that_is_too_long_is_refused(desk):
    assert desk.post(f"/tasks/{CREDIT}/finish", data={"note": "x" * 1001}).status_code == 422
    assert task(desk, CREDIT)[0] == "open"


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "/nowhere", "\\\\evil"])
def test_nobody_is_sent_to_a_page_that_is_not_ours(desk, place):
    assert desk.post(f"/tasks/{CREDIT}/finish", data={"next": place}).location == "/tasks"


@pytest.mark.parametrize("act", ["finish", "reopen", "assign"])
def test_every_act_needs_the_token_a_task_and_post(desk, act):
    assert desk.post(f"/tasks/{CREDIT}/{act}", headers={"X-CSRFToken": ""}).status_code == 400
    assert desk.post(f"/tasks/404/{act}").status_code == 404
    # finishing has a page for what a task asks for; reading it changes nothing
    assert desk.get(f"/tasks/{CREDIT}/{act}").status_code == (302 if act == "finish" else 405)
    assert task(desk, CREDIT)[0] == "open"


# --- who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "department", "status"),
    [
        ("member", "finance", 302), ("member", "qa", 403), ("member", None, 403),
        ("clerk", "operations", 302), ("finance", "finance", 302), ("manager", None, 302), ("admin", None, 302),
    ],
)  # fmt: skip
def test_members_work_on_tasks_of_their_department_only(desk, role, department, status):
    sign_in(desk, role, department_code=department)
    for act in ("finish", "reopen"):
        assert desk.post(f"/tasks/{CREDIT}/{act}").status_code == status
    assert desk.post("/tasks/bulk", data={"action": "take", "ids": CREDIT}).status_code == status


def test_a_member_of_another_department_sees_the_plan_without_its_buttons(desk):
    sign_in(desk, "member", department_code="qa")
    page = desk.get("/orders/1").text
    assert "Check credit and billing data" in page
    assert f"/tasks/{CREDIT}/finish" not in page
    assert f"/tasks/{CREDIT}/assign" not in page


def test_somebody_given_a_task_works_on_it_whatever_the_department(desk):
    user_id = make_user(desk.application, Role.MEMBER, department_code="qa")
    desk.post(f"/tasks/{CREDIT}/assign", data={"person": user_id})
    sign_in(desk, user_id=user_id)
    assert desk.post(f"/tasks/{CREDIT}/finish").status_code == 302


# --- give and take --------------------------------------------------------------------------------------------------


def test_a_task_is_taken_and_given_back_and_undone(desk):
    me = sign_in(desk, "member", department_code="finance")
    desk.post(f"/tasks/{CREDIT}/assign?person={me}", data={"version": "1"})
    assert task(desk, CREDIT)[1] == me
    page = desk.get("/tasks").text
    assert "is yours now" in page
    desk.post(undo_address(page))
    assert task(desk, CREDIT)[1] is None


def test_a_member_gives_no_task_to_others(desk):
    other = make_user(desk.application, Role.MEMBER, department_code="finance")
    me = sign_in(desk, "member", department_code="finance")
    assert desk.post(f"/tasks/{CREDIT}/assign", data={"person": other}).status_code == 403
    desk.post(f"/tasks/{CREDIT}/assign", data={"person": me})
    assert desk.post(f"/tasks/{CREDIT}/assign", data={"person": ""}).status_code == 302
    assert desk.post("/tasks/bulk", data={"action": "assign", "ids": CREDIT, "person": other}).status_code == 403
    assert task(desk, CREDIT)[1] is None


def test_a_member_takes_no_task_away_from_a_colleague_to_nobody(desk):
    other = make_user(desk.application, Role.MEMBER, department_code="finance")
    desk.post(f"/tasks/{CREDIT}/assign", data={"person": other})
    sign_in(desk, "member", department_code="finance")
    assert desk.post(f"/tasks/{CREDIT}/assign", data={"person": ""}).status_code == 403
    assert task(desk, CREDIT)[1] == other


@pytest.mark.parametrize(("person", "status"), [("404", 404), ("x", 422), ("-1", 422), ("9" * 30, 422)])
def test_a_task_is_given_only_to_somebody_who_is_there(desk, person, status):
    assert desk.post(f"/tasks/{CREDIT}/assign", data={"person": person}).status_code == status


# --- many at once ---------------------------------------------------------------------------------------------------


def test_many_tasks_are_finished_at_once_and_undone_at_once(desk):
    answer = desk.post("/tasks/bulk", data={"action": "finish", "ids": [CONFIRM, CREDIT], "next": "/tasks?view=all"})
    assert answer.location == "/tasks?view=all"
    page = desk.get("/tasks?view=all").text
    assert "2 tasks are done." in page
    desk.post(undo_address(page))
    assert {task(desk, one)[0] for one in (CONFIRM, CREDIT)} == {"open"}


def test_of_many_each_one_is_told_what_became_of_it(desk):
    answer = desk.post("/tasks/bulk", data={"action": "finish", "ids": [CONFIRM, PACK]})
    assert answer.status_code == 200
    page = words_of(answer.text)
    assert "1 of 2 tasks is done" in page
    assert "Confirm the order to the customer SO-2026-00001 Customer service Done" in page
    left = "Left This task waits for: Check credit and billing data"
    assert f"Pick and pack the goods SO-2026-00001 Operations {left}" in page
    assert answer.text.count('<a href="/orders/1">SO-2026-00001</a>') == 2
    assert [task(desk, one)[0] for one in (CONFIRM, PACK)] == ["done", "blocked"]


def test_many_tasks_are_given_and_taken(desk):
    other = make_user(desk.application, Role.MEMBER, department_code="qa", name="Ada Koch")
    given = desk.post("/tasks/bulk", data={"action": "assign", "ids": [CONFIRM, PACK], "person": other})
    assert "2 tasks are given to Ada Koch." in words_of(desk.get(given.location).text)
    assert {task(desk, one)[1] for one in (CONFIRM, PACK)} == {other}
    me = sign_in(desk, "manager")
    desk.post("/tasks/bulk", data={"action": "take", "ids": [CONFIRM, PACK], "person": other})
    assert {task(desk, one)[1] for one in (CONFIRM, PACK)} == {me}


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"ids": "1"}, 422),
        ({"action": "burn", "ids": "1"}, 422),
        ({"action": "finish"}, 422),
        ({"action": "finish", "ids": ["1", "x"]}, 422),
        ({"action": "finish", "ids": ["1", "404"]}, 404),
        ({"action": "assign", "ids": "1", "person": "x"}, 422),
        ({"action": "finish", "ids": [str(one) for one in range(1, 300)]}, 422),
    ],
)
def test_a_bulk_request_with_junk_changes_nothing(desk, data, status):
    assert desk.post("/tasks/bulk", data=data).status_code == status
    assert task(desk, CONFIRM)[0] == "open"


def test_a_task_twice_in_a_request_is_one_task(desk):
    desk.post("/tasks/bulk", data={"action": "finish", "ids": [CREDIT, CREDIT]})
    assert "1 task is done." in desk.get("/tasks").text


# --- add ------------------------------------------------------------------------------------------------------------

TASK = {"title": "Call the forwarder", "department_code": "operations", "due_on": "2026-11-30", "assignee_id": ""}


def test_a_task_is_added_to_the_plan(desk):
    answer = desk.post("/tasks/add?order=1", data={**TASK, "is_required": "y"})
    assert answer.location == "/orders/1#tasks"
    page = words_of(desk.get("/orders/1").text)
    assert "“Call the forwarder” is added to the plan." in page
    assert "0 of 6" in page


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"title": "  "}, "Say what is to be done"),
        ({"title": "x" * 201}, "200"),
        ({"department_code": "nowhere"}, "Choose one of the list"),
        ({"due_on": "30.11.2026"}, "2026-11-22"),
        ({"due_on": ""}, "Say by when"),
        ({"due_on": "2020-01-01"}, "is past"),
        ({"due_on": "2035-12-31"}, "more than three years ahead"),
        ({"target": "0"}, "at least a minute"),
        ({"target": "soon"}, "Write the target in working hours"),
        ({"assignee_id": "404"}, "Choose one of the list"),
    ],
)
def test_what_cannot_be_added_is_said_at_its_field(desk, change, reason):
    answer = desk.post("/tasks/add?order=1", data={**TASK, **change})
    assert answer.status_code == 422
    assert reason in answer.text
    with desk.application.app_context():
        assert len(list_tasks_of(1)) == 6


def test_a_target_is_given_and_changed_on_its_page(desk):
    desk.post("/tasks/add?order=1", data={**TASK, "target": "90 min"})
    assert 'href="/tasks/7/target?next=' in desk.get("/orders/1").text
    page = desk.get("/tasks/7/target?next=/orders/1").text
    assert 'value="90 min"' in page
    for data, status, said in [
        ({"target": "0", "version": "1"}, 422, "at least a minute"),
        ({"target": "junk", "version": "1"}, 422, 'value="junk"'),
        ({"target": "4", "version": "x"}, 409, ""),
        ({"target": "4", "version": "1", "next": "/orders/1"}, 302, "/orders/1"),
        ({"target": "5", "version": "1"}, 409, "Somebody else changed this task"),
    ]:
        answer = desk.post("/tasks/7/target", data=data)
        assert (answer.status_code, said in answer.text) == (status, True), data
    with desk.application.app_context():
        assert get_task(7).target_minutes == 240
    sign_in(desk, "member", department_code="operations")
    assert desk.post("/tasks/7/target", data={"target": "", "version": "2"}).status_code == 403
    assert "/target" not in desk.get("/orders/1").text


def test_nothing_is_added_to_an_order_that_is_closed(desk):
    desk.post("/orders/1/cancel", data={"reason": "Off", "version": "1"})
    assert desk.post("/tasks/add?order=1", data=TASK).status_code == 409
    assert "Add a task" not in desk.get("/orders/1").text


@pytest.mark.parametrize(("address", "status"), [("", 422), ("?order=x", 422), ("?order=404", 404), ("?order=1", 200)])
def test_the_form_asks_for_an_order(desk, address, status):
    assert desk.get(f"/tasks/add{address}").status_code == status


@pytest.mark.parametrize(("role", "status"), [("member", 403), ("finance", 403), ("clerk", 302), ("manager", 302)])
def test_who_runs_orders_adds_tasks(desk, role, status):
    sign_in(desk, role)
    assert desk.post("/tasks/add?order=1", data=TASK).status_code == status
