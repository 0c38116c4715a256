"""The work list and the playbooks: tabs by role, the strip, groups, filters."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.db.base import db
from app.db.unit_of_work import unit_of_work
from app.kernel import clock
from app.tasks.queries import list_tasks_of
from app.tasks.services import add_task
from app.tasks.services_escalation import set_target
from tests import factories
from tests.factories import ACTOR, NOW, make_user, sign_in
from tests.harness.pages import words_of
from tests.harness.statements import count_statements

pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_order()
    sign_in(client, "clerk", department_code="operations")
    return client


def tabs_of(page):
    return [label.strip() for label in re.findall(r'<a class="tab"[^>]*>([^<]+)', page)]


@pytest.mark.parametrize(
    ("role", "department", "tabs", "shown"),
    [
        ("member", "finance", ["Mine", "My department"], {"Check credit"}),
        ("member", None, ["Mine"], set()),
        ("clerk", "operations", ["Mine", "My department", "All departments"], set()),
        ("clerk", None, ["Mine", "All departments"], {"Check credit", "Confirm the order"}),
        ("finance", "finance", ["Mine", "My department", "All departments"], {"Check credit"}),
        ("manager", None, ["Mine", "All departments"], {"Check credit", "Confirm the order"}),
        ("admin", None, ["Mine", "All departments"], {"Check credit", "Confirm the order"}),
    ],
)
def test_each_role_starts_with_its_own_tasks(desk, role, department, tabs, shown):
    sign_in(desk, role, department_code=department)
    page = desk.get("/tasks").text
    assert tabs_of(page) == tabs
    assert {title for title in ("Check credit", "Confirm the order") if f'title="{title}' in page} == shown


@pytest.mark.parametrize("address", ["view=all", "department=qa", "view=department&department=qa"])
def test_a_member_cannot_ask_for_another_department(desk, address):
    sign_in(desk, "member", department_code="finance")
    assert desk.get(f"/tasks?{address}").status_code == 403
    assert desk.get("/tasks?department=finance").status_code == 200


def test_tasks_stand_under_the_day_they_are_due(desk):
    with desk.application.app_context():
        for days in (0, 20):
            due_on = NOW.date() + timedelta(days=days)
            with unit_of_work():
                add_task(1, f"In {days}", department_code="operations", due_on=due_on, actor=ACTOR, now=NOW)
        factories.make_order("OLD", now=NOW - timedelta(days=10))
    page = desk.get("/tasks?view=all").text
    groups = re.findall(r'<tr class="group-row"><td[^>]*>([^<]+)', page)
    assert groups == ["Overdue", "Due today", "Next 7 days", "Later"]
    assert "2 overdue, the oldest by 9 days" in words_of(page)


def test_the_strip_filters_by_day_and_keeps_the_rest(desk):
    with desk.application.app_context(), unit_of_work():
        add_task(1, "Call the forwarder", department_code="operations", due_on=NOW.date(), actor=ACTOR, now=NOW)
    page = desk.get("/tasks?view=all&due=today").text
    assert "Call the forwarder" in page
    assert "Check credit" not in words_of(page).partition("Due today")[2]
    assert 'aria-current="true"' in page


def test_the_list_by_the_clock_is_grouped_by_it_and_keeps_its_order(desk):
    with desk.application.app_context():
        opened = NOW - timedelta(days=3)  # a Thursday: an hour of work is long gone
        factories.make_order("OLD", now=opened)
        first = {task.code: task.id for task in list_tasks_of(2)}
        with unit_of_work():
            set_target(first["credit_check"], 60, actor=ACTOR, now=opened)
            set_target(first["confirm_order"], 6000, actor=ACTOR, now=opened)
    page = desk.get("/tasks?view=all&sort=clock").text
    groups = re.findall(r'<tr class="group-row"><td[^>]*>([^<]+)', page)
    assert groups == ["Over the target", "Target runs", "No clock runs"]
    assert '<option value="clock" selected>' in page
    assert 'href="/tasks?view=mine&amp;sort=clock"' in page
    assert 'href="/tasks/board?view=all&amp;sort=clock"' in page
    assert 'name="query" value="view=all&amp;sort=clock"' in page
    cards = re.findall(
        r'class="board-title" data-row-link href="/orders/(\d)#task-', desk.get("/tasks/board?view=all&sort=clock").text
    )
    assert cards[:2] == ["2", "2"]


def test_what_waits_says_for_whom(desk):
    page = words_of(desk.get("/tasks?view=all&state=blocked").text)
    assert "Wait for Finance “Check credit and billing data”" in page


def test_what_is_done_says_by_whom_and_can_be_reopened(desk):
    desk.post("/tasks/2/finish", data={"note": "All fine"})
    page = desk.get("/tasks?view=all&state=done").text
    assert "Reopen" in page
    assert "All fine" in page


def test_one_order_can_be_asked_for(desk):
    with desk.application.app_context():
        factories.make_order("D-2")
    page = desk.get("/tasks?view=all&order=2").text
    assert "SO-2026-00002" in page
    assert "SO-2026-00001" not in page


def test_an_empty_list_says_what_to_do_next(desk):
    assert "You are done" in desk.get("/tasks?view=mine").text
    assert "No match" in desk.get("/tasks?view=all&q=nothing-like-it").text
    assert "Nothing is done yet" in desk.get("/tasks?view=all&state=done").text


JUNK = [
    "view=perhaps", "state=x", "due=someday", "department=nowhere", "department=%27", "order=x", "order=404", "after=x",
    "sort=title", "before=%00", "q=" + "x" * 201,
]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK)
def test_junk_in_the_address_is_refused(desk, junk):
    assert 400 <= desk.get(f"/tasks?{junk}").status_code < 500


def test_a_tasks_own_address_leads_to_it_in_the_plan(desk):
    assert desk.get("/tasks/3").location == "/orders/1#task-3"
    assert desk.get("/tasks/404").status_code == 404


def test_the_menu_counts_what_is_due_and_what_is_late(desk, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=7))
    sign_in(desk, "finance", department_code="finance")
    page = words_of(desk.get("/tasks/playbooks").text)
    assert "My tasks 1" in page
    assert "Orders 1" in page


def test_beside_the_playbooks_stands_who_is_in_which_department(app, desk):
    make_user(app, "member", name="Elena Petrova", department_code="rnd")
    sign_in(desk, "manager")
    page = words_of(desk.get("/tasks/playbooks").text)
    assert "R&amp;D Elena Petrova" in page
    assert "QA nobody yet" in page


@pytest.mark.parametrize("role", ["member", "clerk", "finance", "manager", "admin"])
def test_playbooks_are_there_to_read(desk, role):
    sign_in(desk, role)
    page = words_of(desk.get("/tasks/playbooks").text)
    assert "Made to specification 7 steps" in page
    assert (
        "Build to the released drawings Operations 12 working days Check credit and billing data Design and release"
        in page
    )
    assert "<form" not in desk.get("/tasks/playbooks").text.partition("<main")[2].partition("</main>")[0]


def test_playbooks_of_an_empty_house_say_where_they_come_from(client):
    sign_in(client, "admin")
    assert client.get("/tasks/playbooks").status_code < 500


def test_the_list_asks_as_much_for_fifty_rows_as_for_ten(desk):
    def count(path):
        desk.get(path)
        with count_statements(engine) as counted:
            assert desk.get(path).status_code == 200
        return counted.count

    with desk.application.app_context():
        engine = db.engine
    paths = ("/tasks?view=all", "/tasks?view=all&sort=clock", "/tasks?view=all&state=blocked", "/tasks?view=mine")
    with desk.application.app_context():
        add_many(8)
    few = [count(path) for path in paths]
    with desk.application.app_context():
        add_many(190)
        factories.make_order("D-2")
        add_many(100, order_id=2)
    assert [count(path) for path in paths] == few
    assert few[0] <= 22


def add_many(number, order_id=1):
    """Tasks straight into the table, in many hands."""
    from sqlalchemy import func, insert, select

    from app.tasks.models import Task, TaskState

    with unit_of_work() as current:
        first = current.scalar(select(func.max(Task.position)).where(Task.order_id == order_id)) or 0
        rows = [
            {
                "order_id": order_id, "code": f"more_{first + each}", "position": first + each, "title": f"More {each}",
                "department_code": "operations", "is_required": False, "prerequisites": [],
                "state": TaskState.OPEN if each % 3 else TaskState.BLOCKED,
                "due_on": NOW.date() + timedelta(days=each % 20 - 5),
                "assignee_id": 1 if each % 2 else None, "opened_at": NOW, "note": "", "version": 1,
            }
            for each in range(1, number + 1)
        ]  # fmt: skip
        current.execute(insert(Task), rows)
