"""The pages of holds: placing one, what it stops, and who lets the order go."""

from __future__ import annotations

import pytest

from app.orders import queries_holds
from tests import factories
from tests.factories import sign_in
from tests.harness.pages import words_of

pytestmark = pytest.mark.usefixtures("today")

HOLD = {"kind": "customer", "reason": "They move house", "owner_id": "", "review_on": "2026-11-25"}


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_order()
    sign_in(client, "clerk", department_code="operations")
    return client


def holds(client):
    with client.application.app_context():
        return [(hold.kind.value, hold.review_on.isoformat()) for hold in queries_holds.list_holds(1)]


def test_a_held_order_says_why_everywhere_and_what_to_do(desk):
    held = desk.post("/orders/1/hold", data=HOLD, follow_redirects=True)
    page = words_of(held.text)
    assert "The order is on hold. It comes up again on 25 Nov 2026." in page
    assert "On hold (customer) since 22 Nov 2026." in page
    assert "Decide about the customer hold" in page
    assert "On hold" in words_of(desk.get("/orders?view=on_hold").text)
    assert "They move house" in desk.post("/tasks/1/finish", data={"version": "1"}).text


def test_a_hold_that_cannot_be_is_refused_at_its_field(desk):
    refused = desk.post("/orders/1/hold", data={**HOLD, "review_on": "2026-11-21", "reason": "x"})
    assert (refused.status_code, "21 Nov 2026 is past" in refused.text) == (422, True)
    assert desk.post("/orders/1/hold", data={**HOLD, "reason": ""}).status_code == 422
    assert desk.post("/orders/1/hold", data={**HOLD, "kind": "whim"}).status_code == 422
    assert holds(desk) == []


def test_a_hold_is_looked_at_again_and_released_with_a_reason(desk):
    desk.post("/orders/1/hold", data=HOLD)
    assert desk.post("/orders/holds/1/review", data={"review_on": "2026-11-20"}).status_code == 422
    desk.post("/orders/holds/1/review", data={"review_on": "2026-12-01"})
    assert holds(desk) == [("customer", "2026-12-01")]
    assert desk.post("/orders/holds/1/release", data={"reason": ""}).status_code == 422
    released = desk.post("/orders/holds/1/release", data={"reason": "They moved"}, follow_redirects=True)
    assert "The order goes on." in released.text
    assert holds(desk) == []


@pytest.mark.parametrize(("role", "status"), [("clerk", 403), ("member", 403), ("finance", 302), ("manager", 302)])
def test_only_who_decides_about_credit_lets_a_credit_hold_go(desk, role, status):
    desk.post("/orders/1/hold", data={**HOLD, "kind": "credit"})
    sign_in(desk, role)
    assert desk.post("/orders/holds/1/release", data={"reason": "They paid"}).status_code == status
    assert bool(holds(desk)) is (status == 403)
