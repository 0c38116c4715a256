"""The story of a deal that was not right first time: returned, repaired, accepted, and what was promised with it."""

from datetime import UTC, date, datetime

from app.audit.queries import list_timeline
from app.db.unit_of_work import unit_of_work
from app.deals.models import ReturnCode
from app.deals.queries import get_deal
from app.deals.queries_handoff import find_median_minutes, score_sellers
from app.deals.services import accept_deal, resubmit_deal, return_deal
from app.deals.services_files import add_file
from app.deals.services_handoff import add_promise, tick_item
from app.orders.models import OrderState
from app.orders.queries import find_order_of, get_order
from app.tasks.models import TaskState
from app.tasks.queries import list_tasks_of
from app.tasks.services import finish_task
from tests import factories

FRIDAY = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)  # 15:00 in Berlin: two hours of work are left
MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)  # half past ten
TUESDAY = datetime(2026, 11, 24, 8, 15, tzinfo=UTC)  # a quarter past nine


def test_a_deal_is_returned_repaired_and_accepted_and_its_promise_becomes_a_task(app):
    factories.make_company()

    # Friday: Sales hands in a machine made to specification, without the purchase order
    said = {"deal_type": "custom_build", "owner": "Ada Sales", "closed_on": date(2026, 11, 20)}
    deal_id = factories.make_deal("D-200", now=FRIDAY, po_number="", **said).id

    # Monday: Operations gives it back with the reason
    with unit_of_work():
        return_deal(
            deal_id, "Their order is missing", code=ReturnCode.PURCHASE_ORDER, actor="user:3", now=MONDAY
        )  # fmt: skip
    assert get_deal(deal_id).return_code is ReturnCode.PURCHASE_ORDER

    # Tuesday: Sales repairs it, attaches the specification and says what was promised; Operations ticks and accepts
    with unit_of_work():
        resubmit_deal(deal_id, factories.parsed_deal("D-200", po_number="PO 7", **said), actor="user:2", now=TUESDAY)
        add_promise(
            deal_id, "Training for two", department_code="customer_service", due_after_days=16, is_required=True,
            actor="user:2", now=TUESDAY,
        )  # fmt: skip
    with unit_of_work():
        add_file(deal_id, "spec.txt", b"Steel, 3 mm", for_code="specification", actor="user:2", now=TUESDAY)
        tick_item(deal_id, "delivery_date", actor="user:3", now=TUESDAY)
        accept_deal(deal_id, actor="user:3", now=TUESDAY)

    # Two hours of Friday, eight of Monday, a quarter of Tuesday
    assert get_deal(deal_id).accept_minutes == 120 + 480 + 15
    assert find_median_minutes(TUESDAY) == 615

    # The promise is a task, and the order waits for it
    order = find_order_of(deal_id)
    assert order is not None
    (promised,) = [task for task in list_tasks_of(order.id) if task.title == "Training for two"]
    assert (promised.department_code, promised.state, promised.due_on) == (
        "customer_service", TaskState.OPEN, date(2026, 12, 16),
    )  # fmt: skip
    assert order.due_on == promised.due_on
    while work := [task for task in list_tasks_of(order.id) if task.state is TaskState.OPEN and task.id != promised.id]:
        with unit_of_work():
            finish_task(work[0].id, actor="user:4", now=TUESDAY)
    assert get_order(order.id).state is OrderState.IN_PROGRESS
    with unit_of_work():
        finish_task(promised.id, actor="user:5", now=TUESDAY)
    assert get_order(order.id).state is OrderState.FULFILLED

    # It does not count as right first time
    (score,) = score_sellers(FRIDAY, datetime(2026, 11, 30, tzinfo=UTC))
    assert (score.owner, score.first_time, score.repaired, score.percent) == ("Ada Sales", 0, 1, 0)
    told = [entry.action for entry in list_timeline(deal_id=deal_id)]
    assert [action for action in told if action.startswith("deal.")] == [
        "deal.accepted", "deal.ticked", "deal.file_added", "deal.promised", "deal.handed_in_again", "deal.returned",
        "deal.received",
    ]  # fmt: skip
