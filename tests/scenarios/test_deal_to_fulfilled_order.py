"""The story from a closed deal to a fulfilled order, day by day."""

from datetime import UTC, date, datetime

from app.audit.queries import list_timeline
from app.company import calendars
from app.customers.queries import list_customers
from app.db.unit_of_work import unit_of_work
from app.deals.models import DealState
from app.deals.queries import get_deal
from app.deals.services import accept_deal, resubmit_deal, return_deal
from app.orders.models import OrderState
from app.orders.queries import find_order_of, get_order
from app.tasks.models import TaskState
from app.tasks.queries import list_tasks_of
from app.tasks.services import finish_task
from tests import factories

MONDAY = datetime(2026, 12, 21, 9, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 12, 22, 9, 0, tzinfo=UTC)


def test_a_deal_comes_in_is_returned_handed_in_again_accepted_worked_off_and_fulfilled(app):
    factories.make_company()
    lines = (factories.deal_line(), factories.deal_line("Mounting", "1", "99.99", discount_percent=10))
    deal_id = factories.make_deal("D-100", now=MONDAY, lines=lines, po_number="").id
    assert [customer.name for customer in list_customers()] == ["Nordlicht Logistik GmbH"]

    # Monday: Operations gives it back, because the customer only pays with a purchase order
    with unit_of_work():
        return_deal(deal_id, "Their purchase order is missing", actor="user:3", now=MONDAY)
    assert get_deal(deal_id).state is DealState.RETURNED

    # Tuesday: Sales adds it, Operations accepts
    with unit_of_work():
        resubmit_deal(
            deal_id, factories.parsed_deal("D-100", lines=lines, po_number="PO 7"), actor="user:2", now=TUESDAY
        )
        accept_deal(deal_id, actor="user:3", now=TUESDAY)
    order = find_order_of(deal_id)
    assert order is not None
    assert (order.number, order.po_number, order.state) == ("SO-2026-00001", "PO 7", OrderState.IN_PROGRESS)
    assert [(line.item, line.taxes[0]["rate"]) for line in order.lines] == [("Sensor", "19"), ("Mounting", "19")]
    assert order.net_total == 4940 + 8999

    # The plan leaves out Christmas and the weekend
    tasks = list_tasks_of(order.id)
    due = {task.code: task.due_on for task in tasks}
    assert due["credit_check"] == date(2026, 12, 23)
    assert due["quality_check"] == date(2026, 12, 29)
    assert order.due_on == due["deliver"] == date(2026, 12, 30)
    assert not calendars.business_calendar(2026).is_working_day(date(2026, 12, 25))

    # Everybody does their part; the feedback is not required
    for code in ("credit_check", "confirm_order", "prepare_goods", "quality_check"):
        with unit_of_work():
            finish_task(next(task.id for task in tasks if task.code == code), actor="user:4", now=TUESDAY)
        assert get_order(order.id).state is OrderState.IN_PROGRESS
    with unit_of_work():
        finish_task(
            next(task.id for task in tasks if task.code == "deliver"), "Signed by K.", actor="user:5", now=TUESDAY
        )
    done = get_order(order.id)
    assert (done.state, done.fulfilled_on) == (OrderState.FULFILLED, date(2026, 12, 22))
    assert {task.code: task.state for task in list_tasks_of(order.id)}["ask_feedback"] is TaskState.OPEN

    # The deal's timeline tells all of it, newest first
    told = [entry.action for entry in list_timeline(deal_id=deal_id)]
    assert told[0] == "order.fulfilled"
    assert told[-6:] == [
        "order.planned",
        "order.opened",
        "deal.accepted",
        "deal.handed_in_again",
        "deal.returned",
        "deal.received",
    ]
