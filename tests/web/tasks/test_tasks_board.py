"""The board: what stands in which column, for whom, and moving by the buttons of the cards."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.db.base import db
from app.db.unit_of_work import unit_of_work
from app.tasks.services import add_task, finish_task
from app.tasks.services_pause import pause_task
from tests import factories
from tests.factories import ACTOR, NOW, sign_in
from tests.harness.statements import count_statements

pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_order()
    sign_in(client, "clerk", department_code="operations")
    return client


def columns_of(page):
    parts = re.split(r'<section class="board-column" aria-labelledby="column-', page)[1:]
    return {part.partition('"')[0]: re.findall(r'class="board-title"[^>]*>([^<]+)', part) for part in parts}


def add(desk, title, *, paused=False, done_at=None):
    with desk.application.app_context():
        with unit_of_work():
            task_id = add_task(1, title, department_code="operations", due_on=NOW.date(), actor=ACTOR, now=NOW).id
        with unit_of_work():
            if paused:
                pause_task(task_id, "send the drawings", actor=ACTOR, now=NOW)
            if done_at:
                finish_task(task_id, actor=ACTOR, now=done_at)
    return task_id


def test_each_task_stands_where_its_work_stands(desk):
    add(desk, "Asked", paused=True)
    add(desk, "Fresh", done_at=NOW)
    add(desk, "Old", done_at=NOW - timedelta(days=7))
    columns = columns_of(desk.get("/tasks/board?view=all").text)
    assert columns["customer"] == ["Asked"]
    assert columns["done"] == ["Fresh"]
    assert {"Check credit and billing data", "Confirm the order to the customer"} == set(columns["to_do"])
    assert columns["others"]
    assert not set(columns["others"]) & set(columns["to_do"])


SIGHT = [
    ("member", "finance", "view=all", 403),
    ("member", "finance", "department=qa", 403),
    ("member", "finance", "view=department", 200),
    ("clerk", None, "view=all", 200),
    ("clerk", None, "view=junk", 422),
]


def test_the_board_shows_what_the_list_would(desk):
    for role, department, address, status in SIGHT:
        sign_in(desk, role, department_code=department)
        assert desk.get(f"/tasks/board?{address}").status_code == desk.get(f"/tasks?{address}").status_code == status


def test_a_member_sees_the_own_department_only(desk):
    sign_in(desk, "member", department_code="finance")
    columns = columns_of(desk.get("/tasks/board").text)
    assert columns == {"to_do": ["Check credit and billing data"], "customer": [], "others": [], "done": []}


def test_a_card_moves_by_its_buttons_and_the_board_comes_back(desk):
    task_id = add(desk, "Pack")
    here = "/tasks/board?view=department"
    for act, data, column in [
        ("pause", {"reason": "send the drawings"}, "customer"),
        ("resume", {}, "to_do"),
        ("finish", {}, "done"),
        ("reopen", {}, "to_do"),
    ]:
        assert f'formaction="/tasks/{task_id}/' in desk.get(here).text
        assert desk.post(f"/tasks/{task_id}/{act}", data={**data, "next": here}).location == here
        assert "Pack" in columns_of(desk.get(here).text)[column]


def test_a_full_column_leads_to_the_list_and_costs_no_more_statements(desk):
    desk.get("/tasks/board?view=department")
    counts = []
    for number in (2, 28):
        for place in range(number):
            add(desk, f"Task {number}-{place}")
        with desk.application.app_context(), count_statements(db.engine) as counted:
            page = desk.get("/tasks/board?view=department").text
        counts.append(counted.count)
    assert counts[0] == counts[1]
    assert len(columns_of(page)["to_do"]) == 25
    assert re.search(r'href="/tasks\?view=department">\d+ more in the list', page)


def test_the_filter_of_a_list_applies_on_the_board_and_can_be_taken_off(desk):
    add(desk, "Today")
    page = desk.get("/tasks/board?view=all&due=today&order=1&state=open").text
    assert columns_of(page) == {"to_do": ["Today"], "customer": []}
    for text, rest in (
        ("Order: SO-2026-00001", "view=all&amp;due=today&amp;state=open"),
        ("Due today", "view=all&amp;order=1&amp;state=open"),
        ("Only to do", "view=all&amp;due=today&amp;order=1"),
    ):
        assert f'{text}<a class="chip-remove" href="/tasks/board?{rest}"' in page
    assert 'href="/tasks?view=all&amp;due=today&amp;order=1&amp;state=open"' in page
    again = desk.get("/tasks?view=all&due=today&order=1&state=open").text
    assert 'href="/tasks/board?view=all&amp;due=today&amp;order=1&amp;state=open"' in again


def test_saved_views_stand_over_both_and_each_keeps_to_its_page(desk):
    view = {"place": "tasks", "query": "view=all&due=now", "name": "Now", "face": "tasks.board"}
    assert desk.post("/views/save", data=view).location == "/tasks/board?view=all&due=now"
    for page in ("/tasks", "/tasks/board"):
        shown = desk.get(f"{page}?due=now&view=all").text
        assert f'class="chip views-chip" href="{page}?view=all&amp;due=now" aria-current="page"' in shown
    elsewhere = {**view, "name": "Two", "face": "orders.index"}
    assert desk.post("/views/save", data=elsewhere).location == "/tasks?view=all&due=now"


def test_list_and_board_lead_to_each_other_on_the_same_tab(desk):
    assert 'href="/tasks/board?view=all&amp;q=pack"' in desk.get("/tasks?view=all&q=pack").text
    assert 'href="/tasks?view=all&amp;q=pack"' in desk.get("/tasks/board?view=all&q=pack").text
