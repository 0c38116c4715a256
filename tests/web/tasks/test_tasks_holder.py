"""A task that waits for the customer, and the pages that say who holds the ball."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.db.unit_of_work import unit_of_work
from app.tasks.queries import list_tasks_of
from app.tasks.services import finish_task
from tests import factories
from tests.factories import sign_in
from tests.harness.pages import words_of

pytestmark = pytest.mark.usefixtures("today")

CREDIT = 2  # the id of finance's task in the standard plan


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_order()
    sign_in(client, "clerk", department_code="operations")
    return client


def test_a_task_waits_for_the_customer_and_goes_on(desk):
    paused = desk.post(
        f"/tasks/{CREDIT}/pause",
        data={"version": "1", "reason": "pay the deposit", "next": "/orders/1#tasks"},
        follow_redirects=True,
    )
    assert "waits for the customer; its clock stands still" in paused.text
    page = words_of(desk.get("/orders/1").text)
    assert "Goes on" in page
    assert "Finish “Confirm the order to the customer”" in page  # what somebody here can do comes first
    desk.post("/tasks/1/pause", data={"version": "1", "reason": "read it"})
    assert "Ask the customer about “Confirm the order to the customer”" in words_of(desk.get("/orders/1").text)
    assert "goes on" in desk.post(f"/tasks/{CREDIT}/resume", data={"version": "2"}, follow_redirects=True).text


@pytest.mark.parametrize(
    ("address", "data", "status", "said"),
    [
        (f"/tasks/{CREDIT}/pause", {"version": "1", "reason": ""}, 422, "Reason is missing"),
        (f"/tasks/{CREDIT}/pause", {"version": "7", "reason": "x"}, 409, "Somebody else changed this task"),
        (f"/tasks/{CREDIT}/resume", {"version": "1"}, 409, "does not wait for the customer"),
        ("/tasks/5/pause", {"version": "1", "reason": "x"}, 409, "Only an open task"),
    ],
)
def test_what_cannot_be_is_said(desk, address, data, status, said):
    refused = desk.post(address, data=data)
    assert (refused.status_code, said in refused.text) == (status, True)


def test_the_order_shows_who_held_it_and_the_overview_adds_up(desk):
    assert "Who held it" in desk.get("/orders/1").text
    overview = words_of(desk.get("/tasks/holders").text)
    assert "Customer service 1" in overview
    sign_in(desk, "member", department_code="qa")
    assert desk.get("/tasks/holders").status_code == 403


def test_the_stretches_of_a_holder_add_up_to_its_sum(client):
    with client.application.app_context():
        factories.make_company()
        for number, days in enumerate((2, 3, 4)):
            order_id = factories.make_order(f"D-{number}", now=factories.NOW - timedelta(days=days)).id
            first = list_tasks_of(order_id)[0].id
            with unit_of_work():
                finish_task(first, actor=factories.ACTOR, now=factories.NOW - timedelta(days=1))
    sign_in(client, "clerk", department_code="operations")
    period = "from=2026-11-16&to=2026-11-22"
    overview = words_of(client.get(f"/tasks/holders?{period}").text)
    page = words_of(client.get(f"/tasks/holders/department:customer_service?{period}").text)
    rows = [int(hours) for hours in re.findall(r"(?:now|:00) (\d+) h(?! in all)", page)]
    assert len(rows) == 3
    assert f"Customer service 0 {sum(rows)} h" in overview
    assert f"{sum(rows)} h of working time in 3 stretches" in page


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/tasks/holders?from=2026-11-22&to=2026-11-01", 422, "ends before it begins"),
        ("/tasks/holders?from=2020-01-01&to=2026-11-01", 422, "more than 366 days"),
        ("/tasks/holders?from=x", 422, "must be a date like 2026-11-22"),
        ("/tasks/holders?from=2030-01-01", 200, "from 1 Jan 2030 to 1 Jan 2030"),
        ("/tasks/holders/sales", 200, "Sales held no order in these days"),
        ("/tasks/holders/department:nowhere", 404, "Nobody of this name"),
    ],
)
def test_a_period_that_cannot_be_is_said(desk, address, status, said):
    answer = desk.get(address)
    assert (answer.status_code, said in words_of(answer.text)) == (status, True)
