"""One order: where it is at one glance, its parts, and cancelling it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.db.base import db
from app.db.unit_of_work import unit_of_work
from app.deals.services import accept_deal, resubmit_deal, return_deal
from app.kernel import clock
from app.orders.models import OrderState
from app.orders.queries import get_order
from app.tasks.queries import list_tasks_of
from app.tasks.services import finish_task
from tests import factories
from tests.factories import ACTOR, NOW, deal_line, make_user, sign_in
from tests.harness.pages import words_of
from tests.harness.statements import count_statements

pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_order(
            lines=(deal_line("Sensor", "4", "12.35", discount_percent=10), deal_line("Cable", "2", "7.5"))
        )
    sign_in(client, "clerk")
    return client


def order_of(client, order_id=1):
    with client.application.app_context():
        order = get_order(order_id)
        return order.state, order.version, order.cancel_reason


def test_the_top_says_where_the_order_is(desk):
    page = words_of(desk.get("/orders/1").text)
    assert "Tasks 0 of 5 done" in page
    assert (
        "Finish “Confirm the order to the customer” Customer service has held the ball since today; due 23 Nov 2026"
        in page
    )
    assert "Who holds the ball Customer service since today" in page
    assert "Tasks 0 of 5 3 wait for others" in page
    assert "Order due 27 Nov 2026 in 5 d" in page


def test_an_order_past_its_day_is_late(desk, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=7))
    sign_in(desk, "clerk")  # the session of a week ago is over
    page = words_of(desk.get("/orders/1").text)
    assert "Order due 27 Nov 2026 2 d late" in page
    assert "6 d late" in page


def test_the_lines_show_price_discount_and_net_with_all_decimals(desk):
    page = words_of(desk.get("/orders/1").text)
    assert re.search(r"Sensor 4 pcs 0 12\.35 EUR −10 % 19 % 44\.46 EUR", page)
    assert re.search(r"Cable 2 pcs 0 7\.50 EUR +19 % 15\.00 EUR", page)
    assert "Net, before tax" in page


def test_no_width_hides_discount_tax_and_who_does_or_did_a_task(desk):
    with desk.application.app_context(), unit_of_work():
        finish_task(list_tasks_of(1)[0].id, actor=ACTOR, now=NOW)
    page = desk.get("/orders/1").text
    assert "hide-" not in page
    assert re.search(r"Customer service +by Clerk", words_of(page))


def test_the_plan_says_what_waits_for_what(desk):
    page = words_of(desk.get("/orders/1").text)
    assert "Pick and pack the goods Waits for Check credit and billing data" in page
    with desk.application.app_context(), unit_of_work():
        credit = next(task for task in list_tasks_of(1) if task.code == "credit_check")
        finish_task(credit.id, "Fine up to 40k", actor=ACTOR, now=NOW)
    page = words_of(desk.get("/orders/1").text)
    assert "Done 22 Nov 2026: Fine up to 40k" in page
    assert "Pick and pack the goods After Check credit and billing data" in page


def test_the_timeline_speaks_plainly(desk):
    page = words_of(desk.get("/orders/1").text)
    for sentence in ("Order SO-2026-00001 opened", "6 tasks planned, due 27 Nov 2026"):
        assert sentence in page


def test_the_timeline_begins_with_the_deal_its_return_and_its_acceptance(client):
    with client.application.app_context():
        factories.make_company()
        deal = factories.make_deal()
        with unit_of_work():
            return_deal(deal.id, "The price is not approved", actor=ACTOR, now=NOW)
        with unit_of_work():
            resubmit_deal(deal.id, actor=ACTOR, now=NOW)
        with unit_of_work():
            accept_deal(deal.id, actor=ACTOR, now=NOW)
    sign_in(client, "clerk")
    page = words_of(client.get("/orders/1").text)
    told = ["Order SO-2026-00001 opened", "Deal accepted", "Deal handed in again", "The price is not approved",
            "Deal D-1 received from file"]  # fmt: skip
    assert [text for text in told if text not in page] == []
    assert [page.rindex(text) for text in told] == sorted(page.rindex(text) for text in told)


def test_somebody_who_sees_no_customers_and_deals_gets_no_links_to_them(desk):
    sign_in(desk, "member", department_code="qa")
    page = desk.get("/orders/1").text
    assert "Nordlicht Logistik GmbH" in page
    assert "/customers/" not in page
    assert "/deals/" not in page


def test_the_page_asks_as_much_for_forty_tasks_as_for_six(desk):
    from app.tasks.services import add_task

    def count():
        with count_statements(engine) as counted:
            desk.get("/orders/1")
        return counted.count

    with desk.application.app_context():
        engine = db.engine
    desk.get("/orders/1")
    few = count()
    with desk.application.app_context():
        for number in range(34):
            with unit_of_work():
                add_task(1, f"More {number}", department_code="qa", due_on=NOW.date(), actor=ACTOR, now=NOW)
    assert count() == few <= 52


def test_the_preview_is_a_fragment_with_the_next_action(desk):
    page = desk.get("/orders/1/peek").text
    assert "<html" not in page
    assert "Finish “Confirm the order to the customer”" in page


# --- cancelling -----------------------------------------------------------------------------------------------------


def test_cancelling_tells_its_effect_in_numbers_first(desk):
    page = words_of(desk.get("/orders/1/cancel").text)
    assert "59.46 EUR leaves the order book" in page
    assert "6 tasks are closed" in page
    assert order_of(desk)[0] is OrderState.IN_PROGRESS


def test_an_order_is_cancelled_with_a_reason(desk):
    answer = desk.post("/orders/1/cancel", data={"reason": "They went elsewhere", "version": "1"})
    assert answer.location == "/orders/1"
    assert order_of(desk)[0] is OrderState.CANCELLED
    page = words_of(desk.get("/orders/1").text)
    assert "Cancelled on 22 Nov 2026. They went elsewhere" in page
    assert "Finish" not in page


@pytest.mark.parametrize("reason", ["", "   ", "x" * 1001, "bell\x07"])
def test_without_a_reason_that_can_be_kept_nothing_is_cancelled(desk, reason):
    answer = desk.post("/orders/1/cancel", data={"reason": reason, "version": "1"})
    assert answer.status_code == 422
    assert order_of(desk)[0] is OrderState.IN_PROGRESS


@pytest.mark.parametrize("version", ["0", "2", "x", "", "9" * 40])
def test_an_order_that_changed_in_the_meantime_is_not_cancelled_blindly(desk, version):
    answer = desk.post("/orders/1/cancel", data={"reason": "Off", "version": version})
    assert answer.status_code == 409
    assert order_of(desk)[0] is OrderState.IN_PROGRESS


def test_a_conflict_shows_what_happened_and_lets_one_decide_again(desk):
    with desk.application.app_context():
        factories.finish_all_tasks(1)
    answer = desk.post("/orders/1/cancel", data={"reason": "Off", "version": "1"})
    assert answer.status_code == 409
    page = words_of(answer.text)
    assert "It is fulfilled now" in page
    assert "Order fulfilled" in page
    version = re.search(r'name="version"[^>]*value="(\d+)"', answer.text)[1]
    assert desk.post("/orders/1/cancel", data={"reason": "Off", "version": version}).status_code == 302
    assert order_of(desk)[0] is OrderState.CANCELLED


def test_a_cancelled_order_is_not_cancelled_again(desk):
    desk.post("/orders/1/cancel", data={"reason": "Off", "version": "1"})
    assert "nothing left to cancel" in desk.get("/orders/1/cancel").text
    assert desk.post("/orders/1/cancel", data={"reason": "Off", "version": "2"}).status_code == 409


def test_cancelling_needs_the_token(desk):
    answer = desk.post("/orders/1/cancel", data={"reason": "Off", "version": "1"}, headers={"X-CSRFToken": ""})
    assert answer.status_code == 400
    assert order_of(desk)[0] is OrderState.IN_PROGRESS


# --- what other pages and wings show --------------------------------------------------------------------------------


def test_the_deal_and_the_customer_show_the_order(desk):
    for path in ("/deals/1", "/customers/1"):
        assert "SO-2026-00001" in desk.get(path).text


def test_the_money_of_a_fulfilled_order_follows_its_tasks(desk):
    with desk.application.app_context():
        factories.finish_all_tasks(1)
    page = words_of(desk.get("/orders/1").text)
    assert "Invoice to be drafted" in page
    assert "Invoice it Fulfilled on 22 Nov 2026, not invoiced yet Draft the invoice" in page


def test_the_task_given_to_somebody_names_them_in_the_timeline(desk):
    user_id = make_user(desk.application, "member", name="Ada Koch", department_code="finance")
    desk.post(f"/tasks/2/assign?person={user_id}")
    assert "“Check credit and billing data” given to Ada Koch" in words_of(desk.get("/orders/1").text)
