"""The pages of account care."""

from __future__ import annotations

import pytest

from tests import factories
from tests.factories import sign_in

pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_fulfilled_order()
    sign_in(client, "admin")
    return client


def test_reminders_are_listed_done_and_moved(desk):
    assert "Nothing to do" in desk.get("/orders/care").text
    assert "Ask whether they are satisfied" in desk.get("/orders/care?when=all").text
    assert desk.post("/orders/care/1/done", data={"outcome": ""}).status_code == 422
    assert desk.post("/orders/care/1/move", data={"due_on": "2026-11-21"}).status_code == 422
    assert "that day" in desk.post("/orders/care/1/move", data={"due_on": "2026-11-23"}, follow_redirects=True).text
    assert "It is done" in desk.post("/orders/care/1/done", data={"outcome": "Happy"}, follow_redirects=True).text
    assert desk.post("/orders/care/1/done", data={"outcome": "Again"}).status_code == 409
    assert "Happy" in desk.get("/customers/1").text


def test_a_customer_gets_a_note_and_a_plan(desk):
    noted = desk.post("/orders/of-customer/1/note", data={"text": "Call before noon"}, follow_redirects=True)
    assert "Call before noon" in noted.text
    assert desk.post("/orders/of-customer/1/note", data={"text": ""}).status_code == 422
    planned = {"text": "Send the list", "due_on": "2026-11-24"}
    assert "Send the list" in desk.post("/orders/of-customer/1/remind", data=planned, follow_redirects=True).text
    assert desk.post("/orders/of-customer/1/remind", data={**planned, "due_on": "2026-11-01"}).status_code == 422


def test_the_rules_are_changed_for_one_type_and_junk_is_refused(desk):
    saved = desk.post("/orders/care/rules", data={"order_type": "standard", "satisfaction": "7"}, follow_redirects=True)
    assert "get these reminders from now on" in saved.text
    for days in ("0", "-1", "soon", "99999"):
        refused = desk.post("/orders/care/rules", data={"order_type": "standard", "renewal": days})
        assert (refused.status_code, "from 1 to 3650" in refused.text) == (422, True)
    assert desk.post("/orders/care/rules", data={"order_type": "whim"}).status_code == 404
