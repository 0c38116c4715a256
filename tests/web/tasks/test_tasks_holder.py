"""A task that waits for the customer, and the pages that say who holds the ball."""

from __future__ import annotations

import pytest

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
