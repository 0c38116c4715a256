"""Saved views on pages: the row over a list, saving, changing, and where somebody begins."""

from __future__ import annotations

import re

import pytest

from app.db.base import db
from tests import factories
from tests.factories import make_user, sign_in
from tests.harness.statements import count_statements

VIEW = {"place": "orders", "query": "view=late&sort=due", "name": "Late ones"}


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
    sign_in(client, "clerk")
    return client


def chips_of(page):
    return re.findall(r'class="chip views-chip" href="([^"]+)"( aria-current="page")?', page)


LISTS = ["/orders?view=late", "/tasks?view=all", "/deals?q=a", "/exceptions?cause=stock"]


def test_each_list_offers_to_keep_its_filter(desk):
    for address in LISTS:
        page = desk.get(address).text
        place, _, query = address[1:].partition("?")
        assert f'name="place" value="{place}"' in page
        assert f'name="query" value="{query}"' in page


def test_other_pages_have_no_such_row(desk):
    assert "Saved views" not in desk.get("/").text


def test_a_saved_view_stands_over_its_list_and_knows_when_it_is_shown(desk):
    assert desk.post("/views/save", data=VIEW).location == "/orders?view=late&sort=due"
    assert chips_of(desk.get("/orders?sort=due&view=late&after=").text) == [
        ("/orders?view=late&amp;sort=due", ' aria-current="page"')
    ]
    assert chips_of(desk.get("/orders").text) == [("/orders?view=late&amp;sort=due", "")]
    assert chips_of(desk.get("/deals").text) == []


REFUSED = [
    ({"name": ""}, 422, "Give the view a name."),
    ({"name": "x" * 99}, 422, "60"),
    ({"query": "next=//evil.example"}, 422, "is no filter of this list"),
    ({"place": "//evil.example"}, 422, "No views can be saved"),
]


def test_what_cannot_be_kept_is_refused_with_the_reason(desk):
    for changes, status, said in REFUSED:
        answer = desk.post("/views/save", data={**VIEW, **changes})
        assert answer.status_code == status
        assert said in answer.text
        assert chips_of(desk.get("/orders").text) == []


def test_a_shared_view_is_seen_by_those_who_see_the_list_and_changed_by_its_owner(desk):
    desk.post("/views/save", data={**VIEW, "is_shared": "y"})
    sign_in(desk, "member", department_code="finance")
    assert len(chips_of(desk.get("/orders").text)) == 1
    assert desk.post("/views/save", data={**VIEW, "place": "deals", "query": ""}).status_code == 403
    assert "Remove" not in desk.get("/views").text
    assert desk.post("/views/1/change", data={"name": "Mine"}).status_code == 403
    assert desk.post("/views/1/remove").status_code == 403
    sign_in(desk, "admin")
    assert desk.post("/views/1/change", data={"name": "Mine"}).status_code == 403
    assert desk.post("/views/1/remove").location == "/views"
    assert desk.post("/views/1/remove").status_code == 404


def test_views_of_lists_somebody_may_not_see_are_not_told(desk):
    sign_in(desk, "finance")
    desk.post("/views/save", data={"place": "invoices", "query": "state=overdue", "name": "Secret", "is_shared": "y"})
    assert "Secret" in desk.get("/views").text
    sign_in(desk, "member")
    assert "Secret" not in desk.get("/views").text


def test_a_change_that_is_refused_shows_what_was_typed(desk):
    for name in ("One", "Two"):
        desk.post("/views/save", data={**VIEW, "name": name})
    answer = desk.post("/views/2/change", data={"name": "One", "is_shared": "y"})
    assert answer.status_code == 422
    assert "You have a view of this list with this name." in answer.text
    assert desk.post("/views/2/change", data={"name": "Three"}).location == "/views"
    assert "Three" in desk.get("/views").text


def test_after_signing_in_people_land_where_they_begin_as_long_as_they_may(desk):
    assert desk.get("/views/start").location == "/"
    user_id = make_user(desk.application, "finance")
    sign_in(desk, user_id=user_id)
    desk.post("/views/save", data={"place": "invoices", "query": "state=overdue", "name": "Due", "is_start": "y"})
    assert desk.get("/views/start").location == "/invoices?state=overdue"
    with desk.application.app_context():
        db.session.execute(db.text("UPDATE \"user\" SET role = 'member'"))
        db.session.commit()
    assert desk.get("/views/start").location == "/"


def test_the_row_costs_one_statement_however_many_there_are(desk):
    counts = []
    for number in (0, 1, 9):
        for place in range(number):
            desk.post("/views/save", data={**VIEW, "name": f"{number} {place}"})
        desk.get("/exceptions")
        pair = []
        for address in ("/orders", "/views/start"):
            with desk.application.app_context(), count_statements(db.engine) as counted:
                desk.get(address)
            pair.append(counted.count)
            assert sum("saved_view" in sent for sent in counted.sent) == 1
        counts.append(pair)
    assert counts[0] == counts[1] == counts[2]
