"""Pages of the hand-off: no path releases a deal with an open required item; ticks, promises, duplicates, sellers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app import tour
from app.db.unit_of_work import unit_of_work
from app.deals import intake, services, services_checklist, services_handoff
from app.deals import queries_handoff as handoff
from app.deals.models import DealState
from app.deals.queries import find_deal, get_deal
from app.demo import load
from app.demo.plan import plan_year
from app.kernel.errors import TillpaidError
from app.orders.queries import find_order_of
from tests import factories
from tests.factories import ACTOR, NOW, parsed_deal, sign_in

pytestmark = pytest.mark.usefixtures("today")
ACT = {"actor": ACTOR, "now": NOW}


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
    sign_in(client, "admin")
    return client


def prepare(client, external_id="D-1", **changes):
    with client.application.app_context():
        return factories.make_deal(external_id, **changes).id


def do(client, act, *args, **kwargs):
    with client.application.app_context(), unit_of_work():
        return act(*args, **kwargs, **ACT)


def accept_on_its_page(client, deal_id):
    client.post(f"/deals/{deal_id}/accept")


def accept_in_bulk(client, deal_id):
    client.post("/deals/accept", data={"ids": [str(deal_id)]})


def accept_as_a_service(client, deal_id):
    do(client, services.accept_deal, deal_id)


def answer_the_gate(client, deal_id):
    do(client, services_handoff.answer_gate, deal_id)


def take_a_tour(client, deal_id):
    with client.application.app_context(), unit_of_work():
        tour._take_in_one(parsed_deal("T-1", po_number=""), NOW)


def live_the_demo(client, deal_id):
    fate = plan_year(orders=1, seed=1, today=NOW.date())[0]
    with client.application.app_context(), unit_of_work():
        load._Story(load.World(), fate, deal_id=deal_id).accept(NOW)


def import_it_again(client, deal_id):
    parsed = intake.ParsedFile([parsed_deal(po_number=""), parsed_deal("D-2", po_number="")], [])
    with client.application.app_context():
        intake.import_file(parsed, source="file", **ACT)


def hand_it_in_again(client, deal_id):
    client.post(f"/deals/{deal_id}/return", data={"code": "purchase_order", "reason": "Ask for it"})
    client.post(f"/deals/{deal_id}/hand-in")
    accept_on_its_page(client, deal_id)


PATHS = [
    accept_on_its_page, accept_in_bulk, accept_as_a_service, answer_the_gate, take_a_tour, live_the_demo,
    import_it_again, hand_it_in_again,
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_no_path_releases_an_order_with_an_open_required_item(desk, path):
    deal_id = prepare(desk, po_number="")
    with desk.application.app_context():
        (item,) = [item for item in handoff.list_items("standard") if item.check == "po_number"]
    do(desk, services_checklist.change_item, item.id, "Their order", is_required=True, asks_file=False, version=1)
    refusal = ""
    try:
        path(desk, deal_id)
    except TillpaidError as refused:
        refusal = str(refused)
    assert "Their order" in refusal or not refusal
    with desk.application.app_context():
        assert get_deal(deal_id).state is DealState.WAITING
        assert find_order_of(deal_id) is None
        toured = find_deal("tour", "T-1")
        assert toured is None or toured.state is not DealState.ACCEPTED


def test_a_required_item_is_ticked_on_the_page_of_the_deal(desk):
    deal_id = prepare(desk, deal_type="custom_build")
    page = desk.get(f"/deals/{deal_id}").text
    assert re.search(r"<button[^>]*disabled[^>]*>Accept", page)
    for code, status in (("delivery_date", 302), ("specification", 409)):
        assert desk.post(f"/deals/{deal_id}/tick", data={"code": code, "version": "1"}).status_code == status
    assert "Untick: The delivery date" in desk.get(f"/deals/{deal_id}").text
    said = {"code": "delivery_date", "version": "1", "undo": "1"}
    assert desk.post(f"/deals/{deal_id}/tick", data=said).status_code == 302
    assert desk.post(f"/deals/{deal_id}/accept").status_code == 409
    for code, version, status in (("delivery_date", "7", 409), ("x", "1", 422), ("", "junk", 409)):
        assert desk.post(f"/deals/{deal_id}/tick", data={"code": code, "version": version}).status_code == status


def test_a_promise_is_written_down_shown_on_the_order_and_withdrawn(desk):
    deal_id = prepare(desk)
    add = f"/deals/{deal_id}/promises/new"
    assert "Who keeps it" in desk.get(add).text
    said = {"text": "A second drawing", "department_code": "rnd", "due_after_days": "3"}
    for wrong in ({"text": ""}, {"department_code": "nobody"}, {"due_after_days": "x"}, {"due_after_days": ""}):
        assert desk.post(add, data={**said, **wrong}).status_code == 422, wrong
    assert desk.post(add, data=said).status_code == 302
    assert desk.post(add, data={**said, "text": "A discount"}).status_code == 302
    assert desk.post("/deals/promises/2/withdraw").status_code == 302
    page = desk.get(f"/deals/{deal_id}").text
    assert "due 3 working days after the order is opened" in page
    assert "Promise withdrawn: A discount" in page
    desk.post(f"/deals/{deal_id}/accept")
    order = desk.get("/orders/1").text
    assert "Promised by Sales" in order
    assert re.search(r'href="#task-\d+">A second drawing', order)
    assert "A discount" not in order.split("Timeline")[0]


def test_a_possible_duplicate_is_shown_with_a_link_and_accepted_only_when_confirmed(desk):
    first, second = prepare(desk, "A"), prepare(desk, "B")
    page = desk.get(f"/deals/{second}").text
    assert f'href="/deals/{first}">A</a>' in page
    assert "same purchase order" in page
    answer = desk.post("/deals/accept", data={"ids": [str(second)]}, follow_redirects=True)
    assert "may be a deal you have already: A." in answer.text
    seen = re.search(r'name="in_spite_of" value="([^"]*)"', page)[1]
    assert desk.post(f"/deals/{second}/accept", data={"in_spite_of": "junk 99"}).status_code == 409
    assert desk.post(f"/deals/{second}/accept", data={"in_spite_of": seen}).status_code == 302


def test_each_number_of_a_seller_opens_its_deals(desk):
    for number, times in enumerate((0, 1)):
        deal_id = prepare(desk, f"D-{number}", po_number=f"PO-{number}", now=NOW - timedelta(hours=2))
        if times:
            do(desk, services.return_deal, deal_id, "Why?")
            do(desk, services.resubmit_deal, deal_id)
        do(desk, services_handoff.answer_gate, deal_id)
    page = desk.get("/deals/sellers").text
    assert "50 %" in page
    for outcome, names in {"decided": "01", "first_time": "0", "repaired": "1"}.items():
        link = re.search(rf'href="(/deals/sellers/deals[^"]*outcome={outcome}[^"]*)', page)[1].replace("&amp;", "&")
        assert re.findall(r"D-(\d)</td>", desk.get(link).text) == sorted(names, reverse=True), outcome
    assert "working time, the median of 30 days" in desk.get("/deals").text
    for wrong in ("since=x", "since=2026-02-01&until=2026-01-01", "until=9999-12-31", "since=0001-01-01", "outcome=x"):
        assert desk.get(f"/deals/sellers/deals?{wrong}").status_code == 422, wrong
    assert "Nothing was decided" in desk.get("/deals/sellers?since=2020-01-01&until=2020-02-01").text


def test_an_administrator_changes_the_checklist_of_a_type(desk):
    page = "/deals/checklists?type=service"
    assert "The start is agreed with the customer" in desk.get(page).text
    assert desk.post(page, data={"label": "Photo of the site", "is_required": "y"}).status_code == 302
    for wrong in ({"label": ""}, {"label": "x" * 121}, {"check": "tax"}, {"check": "junk"}):
        assert desk.post(page, data=wrong).status_code == 422, wrong
    assert desk.get("/deals/checklists?type=junk").status_code == 404
    with desk.application.app_context():
        item_id = handoff.list_items("service")[-1].id
    edit = f"/deals/checklists/{item_id}"
    assert "A person ticks it" in desk.get(edit).text
    assert desk.post(edit, data={"label": "", "version": "1"}).status_code == 422
    assert desk.post(edit, data={"label": "Photo", "asks_file": "y", "version": "1"}).status_code == 302
    assert "A person attaches a file for it" in desk.get(edit).text
    assert desk.post(edit, data={"label": "Picture", "version": "1"}).status_code == 409
    assert desk.post(f"{edit}/move", data={"to": "aside", "version": "2"}).status_code == 422
    assert desk.post(f"{edit}/move", data={"to": "up", "version": "2"}).status_code == 302
    with desk.application.app_context():
        assert [item.label for item in handoff.list_items("service")][-2] == "Photo"
    assert desk.post(f"{edit}/remove", data={"version": "1"}).status_code == 409
    assert desk.post(f"{edit}/remove", data={"version": "2"}).status_code == 302
    assert desk.get(edit).status_code == 404
